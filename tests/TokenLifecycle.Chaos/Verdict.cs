using System.Globalization;
using System.Text.Json;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Chaos;

/// <summary>What was promised, and whether it was kept.</summary>
internal sealed class Verdict
{
    private static readonly TimeSpan _leastGrace = TimeSpan.FromSeconds(10);

    public Verdict(ChaosOptions options, Evidence evidence, ServerLog log, int broken, IReadOnlyDictionary<string, int> killsByKind)
    {
        int moreThanTwice = log.RefreshRequests.Where(static request => request.RefreshTokenFingerprint is not null)
            .GroupBy(static request => request.RefreshTokenFingerprint).Count(static presentations => presentations.Count() > 2);
        int lost = evidence.Lost + evidence.Mislabelled;
        Json = JsonSerializer.Serialize(new
        {
            kills = options.Kills,
            recovered = options.Kills - lost,
            lost_rotations = lost,
            false_reauthorizations = evidence.False,
            presented_more_than_twice = moreThanTwice,
            foreign_tokens = evidence.Foreign,
        });
        bool lossIsAllowed = options.Grace < _leastGrace;
        IsKept = evidence.False == 0 && evidence.Foreign == 0 && evidence.Mislabelled == 0 && moreThanTwice == 0 && broken == 0 && (lossIsAllowed || lost == 0);

        IReadOnlyList<TimeSpan> windows = evidence.Windows();
        Details = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            kills: {string.Join(", ", killsByKind.OrderBy(static kind => kind.Key, StringComparer.Ordinal).Select(static kind => $"{kind.Key} {kind.Value}"))}
            {evidence}; rows whose refresh token is not the server's live one: {broken}
            server: {log.RefreshRequests.Count} refreshes, {log.ReusedRefreshTokens} reused, {log.FamiliesRevoked} families revoked
            window from rotation at the server to acknowledged commit, {windows.Count} measured: p50 {At(windows, 0.5):0.0} ms, p99 {At(windows, 0.99):0.0} ms
            """);
    }

    public string Json { get; }

    public string Details { get; }

    public bool IsKept { get; }

    private static double At(IReadOnlyList<TimeSpan> sorted, double quantile) =>
        sorted.Count == 0 ? double.NaN : sorted[(int)Math.Min(sorted.Count - 1, Math.Ceiling(quantile * sorted.Count) - 1)].TotalMilliseconds;
}
