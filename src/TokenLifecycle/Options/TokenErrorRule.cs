namespace TokenLifecycle.Options;

/// <summary>
/// One line of a provider's error table: if an answer fits every condition that is set, it means <see cref="Kind"/>.
/// Rules are tried in order before the standard meaning of RFC 6749 section 5.2; the first that fits decides.
/// </summary>
public sealed class TokenErrorRule
{
    /// <summary>The grant of the request; <see langword="null"/> for any.</summary>
    public OAuthGrantType? Grant { get; set; }

    /// <summary>The HTTP status of the answer; <see langword="null"/> for any.</summary>
    public int? Status { get; set; }

    /// <summary>
    /// Where to look in the JSON body: member names separated by dots, <c>[*]</c> for every element of an array, for example
    /// <c>errors[*].resource</c>. <see langword="null"/> to look at nothing.
    /// </summary>
    public string? Path { get; set; }

    /// <summary>
    /// The text (or number) that must stand at <see cref="Path"/>, compared ordinally; <see langword="null"/> if anything may stand there.
    /// </summary>
    public string? Value { get; set; }

    /// <summary>Whether the rule wants an empty body.</summary>
    public bool EmptyBody { get; set; }

    /// <summary>What the answer means.</summary>
    public TokenErrorKind Kind { get; set; }
}
