namespace TokenLifecycle.Storm;

/// <summary>What the callers of a round got.</summary>
/// <param name="Tokens">Each access token, and how many got it.</param>
/// <param name="Reauthorizations">How many were told to have the user connect again. Nobody has withdrawn anything, so none should.</param>
/// <param name="Errors">How many got any other exception.</param>
internal sealed record RoundOutcome(IReadOnlyDictionary<string, int> Tokens, int Reauthorizations, int Errors)
{
    public static RoundOutcome Sum(IReadOnlyCollection<RoundOutcome> parts) => new(
        parts.SelectMany(static part => part.Tokens).GroupBy(static token => token.Key, StringComparer.Ordinal)
            .ToDictionary(static token => token.Key, static token => token.Sum(static count => count.Value), StringComparer.Ordinal),
        parts.Sum(static part => part.Reauthorizations),
        parts.Sum(static part => part.Errors));
}
