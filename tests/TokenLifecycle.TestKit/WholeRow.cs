using System.Collections;
using System.Reflection;
using TokenLifecycle.Storage;

namespace TokenLifecycle.TestKit;

/// <summary>Rows and token sets with every member set, and what a copy has lost of them. A member that is added later is found missing here first.</summary>
public static class WholeRow
{
    private static readonly DateTimeOffset At = new DateTimeOffset(2026, 11, 2, 11, 22, 33, TimeSpan.Zero).AddTicks(1_234_560);

    /// <summary>A token set in which no two sets made with different marks have a member in common.</summary>
    public static TokenSet Tokens(string mark = "a", DateTimeOffset? issuedAt = null)
    {
        DateTimeOffset at = issuedAt ?? At;
        return new TokenSet
        {
            AccessToken = Canary.New("at"),
            TokenType = $"bearer-{mark}",
            RefreshToken = Canary.New("rt"),
            IssuedAt = at,
            ExpiresAt = at.AddHours(6),
            RefreshTokenExpiresAt = at.AddDays(7),
            Scopes = ["read", $"activity:read_all-{mark}", "read"],
            AccountId = $"900719925474099-{mark}",
            Captured = new Dictionary<string, string>(StringComparer.Ordinal) { ["instance_url"] = $"https://{mark}.example", ["Instance_Url"] = "" },
            Issuer = $"https://{mark}.issuer.example",
            ClientId = $"client-{mark}",
        };
    }

    /// <summary>A row with every member set.</summary>
    public static StoredToken Row(TokenKey key, TokenSet? tokens = null) => new()
    {
        Key = key,
        Tokens = tokens ?? Tokens(),
        Version = 7,
        Reauthorization = ReauthorizationReason.LostRotation,
        Failure = new TokenFailure { Kind = TokenFailureKind.ProviderUnavailable, At = At.AddSeconds(2), FirstAt = At, Attempts = 3, ErrorCode = "invalid_grant", HttpStatus = 503 },
        NextRefreshAt = At.AddHours(5),
        ReceivedAt = At.AddSeconds(1),
        ClientFingerprint = "0123abcd",
        RetiredFingerprints = [TokenFingerprint.Of("one"), TokenFingerprint.Of("two")],
        Intent = new RefreshIntent { AttemptId = "attempt", FirstAt = At, LastAt = At.AddSeconds(1), AttemptCount = 2 },
    };

    /// <summary>The members that nothing was put into.</summary>
    public static IEnumerable<string> UnsetMembers(object specimen) => Members(specimen).Where(member => IsUnset(member.GetValue(specimen))).Select(static member => member.Name);

    /// <summary>The members in which two objects of a type differ.</summary>
    public static IEnumerable<string> Differences(object one, object other) => Members(one).Where(member => !Same(member.GetValue(one), member.GetValue(other))).Select(static member => member.Name);

    private static IEnumerable<PropertyInfo> Members(object specimen) =>
        specimen.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static member => member.SetMethod is not null);

    private static bool IsUnset(object? value) => value switch
    {
        null => true,
        string text => text.Length == 0,
        IEnumerable many => !many.Cast<object>().Any(),
        _ => value.Equals(value.GetType().IsValueType ? Activator.CreateInstance(value.GetType()) : null),
    };

    private static bool Same(object? one, object? other) => (one, other) switch
    {
        (null, null) => true,
        (null, _) or (_, null) => false,
        (IEnumerable<KeyValuePair<string, string>> a, IEnumerable<KeyValuePair<string, string>> b) => a.ToHashSet().SetEquals(b),
        (IEnumerable<string> a, IEnumerable<string> b) => a.SequenceEqual(b, StringComparer.Ordinal),
        (TokenSet or TokenFailure or RefreshIntent, _) => !Differences(one, other).Any(),
        _ => one.Equals(other),
    };
}
