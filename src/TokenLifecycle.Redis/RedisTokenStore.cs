using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using TokenLifecycle.Redis.Scripts;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis;

/// <summary>
/// Keeps connections in Redis: one hash for each, with its lease, its intent and its version. Each step is one script on Redis' own clock.
/// No separate lock is used, because a lock and a row in two places can disagree.
/// </summary>
internal sealed partial class RedisTokenStore(RedisConnection connection, RedisIndexRepair repair, RedisServerCheck check, IOptions<RedisTokenStoreOptions> options)
    : ISearchableTokenStore, ITokenStoreCheck, ITokenStoreStatistics
{
    private const int LongestVersionStep = 1 << 20;

    private readonly string _channel = options.Value.NotifyChanges ? connection.Keys.Channel : "";

    private RedisKeys Keys => connection.Keys;

    /// <summary>The client library waits for Redis asynchronously. Opening the connection may take the thread for a moment.</summary>
    public bool ReadsWithoutBlocking => connection.IsOpen;

    /// <inheritdoc/>
    public async Task<DateTimeOffset?> ReadClockAsync(CancellationToken cancellationToken)
    {
        // Two words: seconds and microseconds. Any node will do: those of a cluster are one clock to us, as far as their clocks agree.
        (RedisResult result, _) = await connection.RunAsync(
            static database => database.ExecuteAsync("TIME"), static () => "The clock of Redis could not be read", cancellationToken).ConfigureAwait(false);
        var time = (long[])result!;
        return DateTimeOffset.FromUnixTimeSeconds(time[0]).AddMicroseconds(time[1]);
    }

    /// <inheritdoc/>
    public async Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken)
    {
        RedisKey row = Keys.RowOf(key).Row;
        try
        {
            (HashEntry[] entries, _) = await connection.RunAsync(
                database => database.HashGetAllAsync(row, CommandFlags.DemandMaster), () => $"{key.ToRedactedString()} could not be read", cancellationToken).ConfigureAwait(false);
            return entries.Length == 0 ? null : RowMapper.ToToken(key, entries.ToStringDictionary()!);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal))
        {
            throw RowMapper.Unreadable(key, EmptyRow);
        }
    }

    /// <inheritdoc/>
    public async Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(attemptId);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(leaseDuration, TimeSpan.Zero);
        (Answer answer, _) = await RunAsync(
            RowScripts.Begin, key, [attemptId, Duration(leaseDuration)], () => $"The refresh of {key.ToRedactedString()} could not be begun", cancellationToken).ConfigureAwait(false);
        return answer.Kind switch
        {
            "none" => RefreshClaim.NotFound,
            "held" => RefreshClaim.Held(RowMapper.ToToken(key, answer.Row)),
            "acquired" => RefreshClaim.Acquired(RowMapper.ToToken(key, answer.Row)),
            _ => throw RowMapper.Unreadable(key, answer.Row),
        };
    }

    /// <inheritdoc/>
    public async Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(attemptId);
        ArgumentNullException.ThrowIfNull(ending);
        List<RedisValue> arguments =
        [
            TokenInvalidation.FingerprintOf(key), WriteId(), attemptId, version.ToString(CultureInfo.InvariantCulture), ending.RefreshTokenNotUsed ? "1" : "0", ending.Failure is null ? "0" : "1",
        ];
        Add(RowFields.Reauthorization, ending.Reauthorization?.ToString());
        Add(RowFields.NextRefreshAt, RowMapper.Time(ending.NextRefreshAt));
        Add(RowFields.ClientFingerprint, ending.ClientFingerprint);
        if (ending.Failure is { } failure)
            arguments.AddRange(RowMapper.Fields(failure));
        (Answer answer, _) = await RunAsync(
            RowScripts.End, key, arguments, () => $"The end of the refresh of {key.ToRedactedString()} could not be recorded", cancellationToken).ConfigureAwait(false);
        return answer.Kind == "done";

        void Add(string name, string? value)
        {
            if (value is not null)
                arguments.AddRange([name, value]);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="UnreadableTokenException">The stored row cannot be read, and so is not replaced.</exception>
    public async Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(token);
        TokenKey key = token.Key;
        RedisValue[] arguments =
        [
            TokenInvalidation.FingerprintOf(key), WriteId(), expectedVersion.ToString(CultureInfo.InvariantCulture), RandomNumberGenerator.GetInt32(LongestVersionStep), .. RowMapper.Fields(token),
        ];
        (Answer answer, _) = await RunAsync(RowScripts.Save, key, arguments, () => $"{key.ToRedactedString()} could not be saved", cancellationToken).ConfigureAwait(false);
        return answer.Kind switch
        {
            "saved" => SaveResult.Saved(RowMapper.ToToken(key, answer.Row)),
            "conflict" when answer.Row.Count == 0 => SaveResult.Conflict(current: null),
            "conflict" => SaveResult.Conflict(RowMapper.ToToken(key, answer.Row)),
            _ => throw RowMapper.Unreadable(key, answer.Row),
        };
    }

    /// <inheritdoc/>
    public async Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken)
    {
        // If the result of a first run is lost, the second run finds nothing. The tokens that the first run deleted must still be revoked
        // at the provider, so they are read before.
        StoredToken? before = null;
        bool existed = true;
        try
        {
            before = await FindAsync(key, cancellationToken).ConfigureAwait(false);
            existed = before is not null;
        }
        catch (UnreadableTokenException)
        {
            // The user may disconnect all the same.
        }

        (Answer answer, bool mayHaveRunBefore) = await RunAsync(
            RowScripts.Delete, key, [TokenInvalidation.FingerprintOf(key)], () => $"{key.ToRedactedString()} could not be deleted", cancellationToken).ConfigureAwait(false);
        return answer.Kind == "deleted" ? new DeleteResult(Existed: true, RowMapper.ToTokenOrNull(key, answer.Row))
            : mayHaveRunBefore ? new DeleteResult(existed, before)
            : new DeleteResult(Existed: false, Deleted: null);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TokenStoreProblem>> CheckAsync(CancellationToken cancellationToken) => check.RunAsync(cancellationToken);

    private static readonly Dictionary<string, string> EmptyRow = [];

    private static string WriteId() => Guid.NewGuid().ToString("N");

    private static RedisValue Duration(TimeSpan lease) => (long)Math.Ceiling(lease.TotalMicroseconds);

    /// <summary>Runs a script on one row.</summary>
    private async Task<(Answer Answer, bool MayHaveRunBefore)> RunAsync(
        string script, TokenKey key, IEnumerable<RedisValue> arguments, Func<string> failure, CancellationToken cancellationToken)
    {
        (RedisKey row, int partition) = Keys.RowOf(key);
        (RedisResult result, bool mayHaveRunBefore) = await connection.RunAsync(
            script, [.. Keys.IndexesOf(key.Provider, partition), row], [key.Provider, _channel, RedisKeys.NameOf(key), .. arguments], failure, cancellationToken).ConfigureAwait(false);
        return (new Answer((string)result[0]!, result.Length > 1 ? ToRow(result[1]) : EmptyRow), mayHaveRunBefore);
    }

    private static Dictionary<string, string> ToRow(RedisResult flat)
    {
        var values = (RedisValue[])flat!;
        Dictionary<string, string> row = new(values.Length / 2, StringComparer.Ordinal);
        for (int i = 0; i < values.Length; i += 2)
            row[values[i]!] = values[i + 1]!;
        return row;
    }

    /// <summary>What a script has done, and the row as it then is.</summary>
    private readonly record struct Answer(string Kind, Dictionary<string, string> Row);
}
