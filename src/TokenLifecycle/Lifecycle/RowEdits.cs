using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>A row as it is after an attempt that brought no new tokens: what the store records, for this process's memory.</summary>
internal static class RowEdits
{
    public static StoredToken After(this StoredToken row, RefreshEnding ending) => new()
    {
        Key = row.Key,
        Tokens = row.Tokens,
        Version = row.Version,
        Reauthorization = ending.Reauthorization ?? row.Reauthorization,
        Failure = ending.Failure ?? row.Failure,
        NextRefreshAt = ending.NextRefreshAt ?? row.NextRefreshAt,
        ReceivedAt = row.ReceivedAt,
        RetiredFingerprints = row.RetiredFingerprints,
        Intent = row.Intent,
    };

    /// <summary>Whether two rows hold the same tokens, so that one of them is the other as it was saved.</summary>
    public static bool HoldsSameTokens(this StoredToken row, StoredToken other) =>
        string.Equals(row.Tokens.AccessToken, other.Tokens.AccessToken, StringComparison.Ordinal)
        && string.Equals(row.Tokens.RefreshToken, other.Tokens.RefreshToken, StringComparison.Ordinal);
}
