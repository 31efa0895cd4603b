using System.Text.RegularExpressions;

namespace TokenLifecycle.Tests.House;

/// <summary>A word that comments, messages and pages don't use, and what they use instead.</summary>
/// <param name="Pattern">Finds the word in the sense that is avoided.</param>
/// <param name="Instead">What to write.</param>
internal sealed record AvoidedWord(string Pattern, string Instead)
{
    private readonly Regex _regex = new(Pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));

    public static IReadOnlyList<AvoidedWord> All { get; } =
    [
        new(@"\bmend(?:s|ed|ing)?\b", "fix, resolve; recovers automatically"),
        new(@"\b(?:told|tells?|telling)\b", "reports, notified, returns, states"),
        new(@"\b(?:says?|said|saying) so\b|\bwithout a word\b", "states it; silently"),
        new(@"\b(?:whoever|somebody|nobody)\b|\bones? who\b", "the caller, the process that, another process, no one"),
        new(@"\b(?:has|have|had|is|was|were) ended\b|\b(?:its|their) end\b|\btokens? ends?\b", "expired, expiry; finished; disconnected"),
        new(@"\bkin\b", "and similar"),
        new(@"\bparted\b|\bwhat parts\b", "separated by, the separator between"),
        new(@"\b(?:stands?|stood|lies?|lay|lying) in\b", "is in"),
        new(@"\banew\b|\bfrom then on\b|\bfor ever\b|\bforever\b", "again, from then, permanently"),
        new(@"\bno good\b|(?<!\bthere )\b(?:is|are) no (?!longer\b|more\b|one\b)", "invalid, is not a valid X"),
        new(@"\bof (?:its|their) own\b|\bby (?:itself|themselves)\b", "its own, separate; automatically"),
        new(@"\bunder ?way\b", "in progress"),
        new(@"\b(?:giv(?:e|es|en|ing)|gave|tak(?:e|es|en|ing)|took) (?:\w+ )?back\b", "revoke, release, undo"),
        new(@"\bverdicts?\b|\bjudg\w+", "decision, evaluate"),
        new(@"\bpresent(?:s|ed|ing)? (?:\w+ )?refresh token|\bpresented\b|\bpresentations?\b|\b(?:at|the) present\b", "send (a refresh token); current"),
        new(@"\b(?:warm|cold)\b", "cached, uncached"),
        new(@"\bsweep\w*|\bswept\b", "background refresh"),
        new(@"\bclaim(?:ed|ing)\b|\bclaims? (?:due|rows|connections|what)\b", "acquire"),
        new(@"\bletter by letter\b", "exactly as shown"),
        new(@"(?<!\bfar )\bas (?:it is|they are)\b(?! (?:stored|counted))|\bas one does\b", "unchanged"),
        new(@"\bthe face\b", "the API"),
    ];

    /// <summary>Returns the places of the word.</summary>
    public IEnumerable<string> FindIn(string text) => _regex.Matches(text).Select(static match => match.Value);

    public override string ToString() => Pattern;
}
