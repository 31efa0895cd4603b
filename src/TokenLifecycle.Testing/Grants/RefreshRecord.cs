namespace TokenLifecycle.Testing.Grants;

/// <summary>An issued refresh token. It is kept when it has been consumed, so that its reuse is seen.</summary>
internal sealed class RefreshRecord(string value, Grant grant, DateTimeOffset issuedAt)
{
    public string Value { get; } = value;

    public Grant Grant { get; } = grant;

    public DateTimeOffset LastUsedAt { get; set; } = issuedAt;

    public DateTimeOffset? ConsumedAt { get; set; }

    public Issued? Successor { get; set; }
}
