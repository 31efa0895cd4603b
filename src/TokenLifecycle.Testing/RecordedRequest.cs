using System.Diagnostics;
using System.Text;
using System.Text.Json.Serialization;

namespace TokenLifecycle.Testing;

/// <summary>A request as it came over the wire, secrets included: for assertions only. Printing it shows method and path.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class RecordedRequest
{
    /// <summary>When it came in.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>The path, without the query.</summary>
    public required string Path { get; init; }

    /// <summary>The raw query, with its question mark; empty if there is none.</summary>
    [JsonIgnore]
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string Query { get; init; } = "";

    /// <summary>The headers, a repeated name once for each value.</summary>
    [JsonIgnore]
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The body's bytes.</summary>
    [JsonIgnore]
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public ReadOnlyMemory<byte> BodyBytes { get; init; }

    /// <summary>The body as UTF-8 text.</summary>
    [JsonIgnore]
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string Body => Encoding.UTF8.GetString(BodyBytes.Span);

    /// <summary>
    /// The value of a header; <see langword="null"/> if it was not sent, all values joined by commas if it was sent several times.
    /// </summary>
    /// <param name="name">Its name; case does not matter.</param>
    public string? Header(string name)
    {
        string[] values = [.. Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value)];
        return values.Length == 0 ? null : string.Join(',', values);
    }

    /// <summary>Method and path, never a value.</summary>
    public override string ToString() => $"{Method} {Path}";
}
