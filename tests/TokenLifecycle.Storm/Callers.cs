namespace TokenLifecycle.Storm;

/// <summary>Those of one process who all want the same token, once they are let go.</summary>
internal sealed class Callers
{
    private static int _shown;

    private readonly TaskCompletionSource _start = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<(string? Token, bool IsReauthorization)>[] _calls;

    public Callers(ITokenManager tokens, TokenKey key, int count) =>
        _calls = [.. Enumerable.Range(0, count).Select(_ => CallAsync(tokens, key))];

    public async Task<RoundOutcome> LetGoAsync()
    {
        _start.SetResult();
        (string? Token, bool IsReauthorization)[] answers = await Task.WhenAll(_calls);
        return new RoundOutcome(
            answers.Where(static answer => answer.Token is not null).CountBy(static answer => answer.Token!, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal),
            answers.Count(static answer => answer.IsReauthorization),
            answers.Count(static answer => answer is { Token: null, IsReauthorization: false }));
    }

    private async Task<(string? Token, bool IsReauthorization)> CallAsync(ITokenManager tokens, TokenKey key)
    {
        await _start.Task;
        try
        {
            return ((await tokens.GetAccessTokenAsync(key)).Value, IsReauthorization: false);
        }
        catch (Exception failure)
        {
            if (Interlocked.Increment(ref _shown) == 1)
                Console.Error.WriteLine(failure);
            return (Token: null, failure is ReauthorizationRequiredException);
        }
    }
}
