using TokenLifecycle.Options;

namespace TokenLifecycle.Importing;

/// <summary>What speaks against a row because of other rows.</summary>
internal static class ImportRivals
{
    public static void Judge(IReadOnlyList<ImportCandidate> rows)
    {
        // Sharing first: the older of two rows of one connection may hold the same refresh token as the newer, and does not conflict with
        // it.
        foreach (IGrouping<(string, string), ImportCandidate> sharers in rows.Where(static row => row is { HasKey: true, RefreshToken: not null })
            .GroupBy(static row => (row.Key.Provider, row.RefreshToken!)))
            JudgeSharing([.. sharers]);

        foreach (IGrouping<TokenKey, ImportCandidate> same in rows.Where(static row => row.IsGood).GroupBy(static row => row.Key))
            JudgeAge([.. same]);
    }

    private static void JudgeSharing(IReadOnlyList<ImportCandidate> rows)
    {
        bool ofTwoUsers = rows.Select(static row => (row.Key.Tenant, row.Key.UserId)).Distinct().Count() > 1;
        bool ofTwoConnections = rows.Select(static row => row.Key).Distinct().Count() > 1;
        bool isSpentByUse = rows.Any(static row => row.Provider!.Rotation != RefreshTokenRotation.Static);
        if (!ofTwoUsers && !(ofTwoConnections && isSpentByUse))
            return;

        foreach (ImportCandidate row in rows)
        {
            string others = string.Join(", ", rows.Where(other => other.Key != row.Key).Select(static other => other.Source).Distinct(StringComparer.Ordinal).Take(3));
            row.Refuse(
                ImportRefusalReason.SharedRefreshToken,
                ofTwoUsers
                    ? $"Its refresh token is also in the row of another user ({others}): one of them would get the other's data. Check which column holds the user id, or let them connect again."
                    : $"Its refresh token is also in another connection of this user ({others}), and the first refresh would invalidate the other connection. Import one of them.");
        }
    }

    private static void JudgeAge(IReadOnlyList<ImportCandidate> rows)
    {
        // The later in the input wins among equals: tables grow at the end.
        ImportCandidate newest = rows.Select(static (row, at) => (row, at))
            .OrderBy(static one => one.row.Tokens!.ExpiresAt ?? DateTimeOffset.MinValue)
            .ThenBy(static one => one.row.IssuedAt ?? DateTimeOffset.MinValue)
            .ThenBy(static one => one.at)
            .Last().row;
        foreach (ImportCandidate row in rows.Where(row => row != newest))
            row.Refuse(ImportRefusalReason.Superseded, $"{newest.Source} is the same connection ({row.Key}), and its token is the newer one. If they are two connections, distinguish them by Connection.");
    }
}
