namespace TokenLifecycle.Testing.Grants;

/// <summary>An issued access token.</summary>
internal sealed class AccessRecord(string value, Grant grant, IReadOnlyList<string> scopes, DateTimeOffset expiresAt)
{
    public string Value { get; } = value;

    public Grant Grant { get; } = grant;

    public IReadOnlyList<string> Scopes { get; } = scopes;

    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    public bool Revoked { get; set; }

    public bool IsLive(DateTimeOffset now) => !Revoked && !Grant.Revoked && now < ExpiresAt;
}
