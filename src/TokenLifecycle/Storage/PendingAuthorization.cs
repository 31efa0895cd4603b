using System.Diagnostics;
using System.Text.Json.Serialization;

namespace TokenLifecycle.Storage;

/// <summary>
/// A row of an <see cref="IAuthorizationRequestStore"/>: an attempt to connect whose browser is away at the provider. Ids are hashes and the payload is
/// encrypted before it gets here, so the texts in a store reveal nothing.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class PendingAuthorization
{
    /// <summary>The hash of the request's state: 43 characters, unique.</summary>
    public required string Id { get; init; }

    /// <summary>The hash of the cookie that the browser was given: who comes back with another one gets nothing.</summary>
    public required string BrowserId { get; init; }

    /// <summary>The hash of the user that began; only to bound how many one user has pending.</summary>
    public required string OwnerId { get; init; }

    /// <summary>What has to be remembered, encrypted.</summary>
    [JsonIgnore]
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public required string Payload { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is forgotten, whatever became of it.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it began and when it ends.</summary>
    public override string ToString() => $"Pending authorization of {CreatedAt:u} (redacted), ends {ExpiresAt:u}";
}
