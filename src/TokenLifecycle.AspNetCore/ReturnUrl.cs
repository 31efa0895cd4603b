using System.Buffers;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Decides once, at the start, whether a text is a path of this app. What passes is stored and later written byte for byte: nothing parses,
/// joins or normalizes it again, because that is how a harmless path becomes another site's address (CVE-2026-107369).
/// </summary>
internal static class ReturnUrl
{
    private const int MaxLength = 2048;

    // Printable ASCII without space and backslash, which browsers read as a slash.
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    public static bool IsLocal(string? url)
    {
        if (url is not { Length: > 0 and <= MaxLength } || url[0] != '/' || url.AsSpan().ContainsAnyExcept(Allowed))
            return false;
        int end = url.AsSpan().IndexOfAny('?', '#');
        ReadOnlySpan<char> path = end < 0 ? url : url.AsSpan(0, end);

        // Code that joins, decodes or normalizes the path later must not get two slashes at its beginning.
        if (path.Contains("%2f", StringComparison.OrdinalIgnoreCase) || path.Contains("%5c", StringComparison.OrdinalIgnoreCase))
            return false;
        int place = 0;
        foreach (Range part in path.Split('/'))
        {
            ReadOnlySpan<char> segment = path[part];
            bool isFirst = place++ == 0;
            bool isLast = part.End.GetOffset(path.Length) == path.Length;
            if (segment.IsEmpty ? !isFirst && !isLast : IsDots(segment))
                return false;
        }

        return true;
    }

    /// <summary>"." and "..", also written with %2e.</summary>
    private static bool IsDots(ReadOnlySpan<char> segment)
    {
        int dots = 0;
        while (!segment.IsEmpty)
        {
            int length = segment[0] == '.' ? 1 : segment.StartsWith("%2e", StringComparison.OrdinalIgnoreCase) ? 3 : 0;
            if (length == 0)
                return false;
            dots++;
            segment = segment[length..];
        }

        return dots is 1 or 2;
    }
}
