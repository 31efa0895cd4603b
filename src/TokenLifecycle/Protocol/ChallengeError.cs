namespace TokenLifecycle.Protocol;

/// <summary>
/// Reads the error code that a token endpoint names in <c>WWW-Authenticate</c> (RFC 6750 section 3). Some providers use it instead of a
/// body.
/// </summary>
internal static class ChallengeError
{
    private const string Name = "error";

    /// <summary>Returns the code; null if the header names none. Text inside quotes is never read as a parameter.</summary>
    public static string? Find(string? challenge)
    {
        if (challenge is null)
            return null;

        for (int at = 0; at < challenge.Length; at++)
        {
            if (challenge[at] == '"')
            {
                at = EndOfQuoted(challenge, at);
                continue;
            }

            bool begins = at == 0 || challenge[at - 1] is ' ' or ',' or '\t';
            if (!begins || !challenge.AsSpan(at).StartsWith(Name, StringComparison.OrdinalIgnoreCase))
                continue;
            ReadOnlySpan<char> rest = challenge.AsSpan(at + Name.Length).TrimStart();
            if (rest is ['=', ..] && ValueOf(rest[1..].TrimStart()) is { Length: > 0 } code)
                return code;
        }

        return null;
    }

    private static string ValueOf(ReadOnlySpan<char> value)
    {
        ReadOnlySpan<char> text = value is ['"', ..] ? value[1..] : value;
        int end = value is ['"', ..] ? text.IndexOf('"') : text.IndexOfAny(", \t");
        return (end < 0 ? text : text[..end]).ToString();
    }

    /// <summary>Returns where the quoted text that begins here ends. An escaped quote does not end it.</summary>
    private static int EndOfQuoted(string text, int start)
    {
        int at = start + 1;
        while (at < text.Length && text[at] != '"')
            at += text[at] == '\\' ? 2 : 1;
        return at;
    }
}
