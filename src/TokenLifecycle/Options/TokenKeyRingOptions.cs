using System.Diagnostics;

namespace TokenLifecycle.Options;

/// <summary>
/// The keys that protect stored tokens. To rotate: add a key, let every process have it, then make it the current one. A row is protected
/// again at its next write; a key may go once no row needs it any more.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class TokenKeyRingOptions
{
    /// <summary>The id of the key that writes. May be left out if there is only one key.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public string? CurrentKeyId { get; set; }

    /// <summary>
    /// All keys that can read: id to 32 random bytes in Base64 (<c>openssl rand -base64 32</c>). Ids have up to 64 letters, digits, hyphens
    /// and underscores, and stand readable in each row; an id is never used again for another key.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    [System.Text.Json.Serialization.JsonIgnore]
    public IDictionary<string, string> Keys { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The ids, never a key.</summary>
    public override string ToString() => $"Token key ring options ({Keys.Count} key(s), redacted; current: {CurrentKeyId ?? "not named"})";
}
