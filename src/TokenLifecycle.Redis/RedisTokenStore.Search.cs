using System.Text;
using StackExchange.Redis;
using TokenLifecycle.Redis.Scripts;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis;

/// <content>Connections that are due, those of an account, all of them in order, and how many there are: each by an index in every
/// partition.</content>
internal sealed partial class RedisTokenStore
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredToken>> ClaimDueAsync(string provider, string attemptId, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        StoredTokenSearch.CheckClaim(provider, attemptId, limit, leaseDuration);
        string Failure() => $"The due connections of {provider} could not be acquired";
        await repair.RunAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<string, StoredToken> claimed = new(StringComparer.Ordinal);
        HashSet<string> tried = new(StringComparer.Ordinal);
        while (claimed.Count < limit)
        {
            // Ends because each round tries other names: what one does not get, another process has taken, or it was not due after all.
            IEnumerable<Candidate>[] found = await Task.WhenAll(Enumerable.Range(0, RedisKeys.Partitions).Select(PeekAsync)).ConfigureAwait(false);
            Candidate[] candidates =
            [
                .. found.SelectMany(static names => names)
                    .Where(candidate => !tried.Contains(candidate.Name))
                    .DistinctBy(static candidate => candidate.Name, StringComparer.Ordinal)
                    .OrderBy(static candidate => candidate.DueAt)
                    .Take(limit - claimed.Count),
            ];
            if (candidates.Length == 0)
                break;
            tried.UnionWith(candidates.Select(static candidate => candidate.Name));
            await Task.WhenAll(candidates.GroupBy(static candidate => candidate.Partition).Select(ClaimAsync)).ConfigureAwait(false);
        }

        return [.. claimed.Values.OrderBy(static token => token.NextRefreshAt)];

        async Task<IEnumerable<Candidate>> PeekAsync(int partition)
        {
            (RedisResult result, _) = await connection.RunAsync(
                RowScripts.Peek, Keys.IndexesOf(provider, partition), [provider, _channel, attemptId, limit], Failure, cancellationToken).ConfigureAwait(false);
            var due = (RedisValue[])result[0]!;
            var own = (string[])result[1]!;
            return own.Select(entry => new Candidate(partition, entry[(attemptId.Length + 1)..], double.MinValue))
                .Concat(Enumerable.Range(0, due.Length / 2).Select(i => new Candidate(partition, due[2 * i]!, (double)due[(2 * i) + 1])));
        }

        async Task ClaimAsync(IGrouping<int, Candidate> candidates)
        {
            RedisValue[] names = [.. candidates.Select(static candidate => (RedisValue)candidate.Name)];
            RedisKey[] rows = [.. names.Select(name => Keys.RowOf(RedisKeys.KeyOf(provider, name!)).Row)];
            (RedisResult result, _) = await connection.RunAsync(
                RowScripts.Claim, [.. Keys.IndexesOf(provider, candidates.Key), .. rows], [provider, _channel, attemptId, Duration(leaseDuration), .. names], Failure, cancellationToken).ConfigureAwait(false);
            foreach (RedisResult flat in (RedisResult[])result!)
            {
                Dictionary<string, string> row = ToRow(flat);
                TokenKey key = new TokenKey(provider, row[RowFields.UserId], row[RowFields.Connection]).In(row.GetValueOrDefault(RowFields.Tenant));
                if (RowMapper.ToTokenOrNull(key, row) is { } token)
                {
                    lock (claimed)
                        claimed[RedisKeys.NameOf(key)] = token;
                }
            }
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TokenKey>> FindByAccountAsync(string provider, string accountId, string? tenant, CancellationToken cancellationToken)
    {
        StoredTokenSearch.CheckAccount(provider, accountId);
        string account = TokenFingerprint.Of(accountId);
        string[][] found = await InPartitionsAsync(
            (database, partition) => database.SortedSetRangeByValueAsync(Keys.Accounts(provider, partition), account + "\n", account + "\v", Exclude.Stop, flags: CommandFlags.DemandMaster),
            () => $"The connections of an account of {provider} could not be read",
            cancellationToken).ConfigureAwait(false);
        IEnumerable<TokenKey> keys = InOrder(found).Select(entry => RedisKeys.KeyOf(provider, entry[(account.Length + 1)..]));
        return [.. keys.Where(key => tenant is null || key.Tenant == tenant)];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredConnection>> ListAsync(string provider, TokenKey? after, int limit, CancellationToken cancellationToken)
    {
        StoredTokenSearch.CheckPage(provider, limit);
        string Failure() => $"The connections of {provider} could not be read";
        RedisValue[] fields = [.. RowFields.Listed.Select(static field => (RedisValue)field)];
        string? last = after is { } key ? RedisKeys.NameOf(key) : null;
        while (true)
        {
            RedisValue start = last ?? RedisValue.Null;
            string[][] found = await InPartitionsAsync(
                (database, partition) => database.SortedSetRangeByValueAsync(Keys.Names(provider, partition), start, RedisValue.Null, Exclude.Start, Order.Ascending, 0, limit, CommandFlags.DemandMaster),
                Failure,
                cancellationToken).ConfigureAwait(false);
            string[] names = [.. InOrder(found).Take(limit)];
            StoredConnection?[] page = await Task.WhenAll(names.Select(ReadAsync)).ConfigureAwait(false);
            if (names.Length == 0 || page.Any(static connection => connection is not null))
                return [.. page.OfType<StoredConnection>()];
            last = names[^1]; // All of them were deleted in the meantime, and an empty page would mean that there are no more.
        }

        async Task<StoredConnection?> ReadAsync(string name)
        {
            TokenKey named = RedisKeys.KeyOf(provider, name);
            (RedisValue[] values, _) = await connection.RunAsync(
                database => database.HashGetAsync(Keys.RowOf(named).Row, fields, CommandFlags.DemandMaster), Failure, cancellationToken).ConfigureAwait(false);
            Dictionary<string, string> row = new(StringComparer.Ordinal);
            for (int i = 0; i < values.Length; i++)
            {
                if (!values[i].IsNull)
                    row[RowFields.Listed[i]] = values[i]!;
            }

            return row.Count == 0 ? null : RowMapper.ToConnection(named, row);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ConnectionCount>> CountAsync(CancellationToken cancellationToken)
    {
        IEnumerable<ConnectionCount>[] counts = await Task.WhenAll(Enumerable.Range(0, RedisKeys.Partitions).Select(CountAsync)).ConfigureAwait(false);
        return
        [
            .. counts.SelectMany(static counted => counted)
                .GroupBy(static counted => (counted.Provider, counted.State))
                .Select(static same => new ConnectionCount(same.Key.Provider, same.Key.State, same.Sum(static counted => counted.Count)))
                .Where(static counted => counted.Count > 0),
        ];

        async Task<IEnumerable<ConnectionCount>> CountAsync(int partition)
        {
            (ConnectionCount[] counted, _) = await connection.RunAsync(
                async database =>
                {
                    RedisValue[] providers = await database.SetMembersAsync(Keys.Providers(partition), CommandFlags.DemandMaster).ConfigureAwait(false);
                    return await Task.WhenAll(
                        from provider in providers
                        from state in Enum.GetValues<StoredConnectionState>()
                        select CountOneAsync(database, provider!, state)).ConfigureAwait(false);
                },
                static () => "The connections could not be counted",
                cancellationToken).ConfigureAwait(false);
            return counted;

            async Task<ConnectionCount> CountOneAsync(IDatabase database, string provider, StoredConnectionState state) => new(
                provider, state, await database.SortedSetLengthAsync(Keys.States(provider, partition), (int)state, (int)state, flags: CommandFlags.DemandMaster).ConfigureAwait(false));
        }
    }

    /// <summary>Asks the index of each partition. The client library sends the commands in one go.</summary>
    private async Task<string[][]> InPartitionsAsync(Func<IDatabase, int, Task<RedisValue[]>> question, Func<string> failure, CancellationToken cancellationToken) =>
        await Task.WhenAll(Enumerable.Range(0, RedisKeys.Partitions).Select(async partition =>
        {
            (RedisValue[] answer, _) = await connection.RunAsync(database => question(database, partition), failure, cancellationToken).ConfigureAwait(false);
            return Array.ConvertAll(answer, static value => (string)value!);
        })).ConfigureAwait(false);

    /// <summary>In the order of Redis, which compares bytes.</summary>
    private static IEnumerable<string> InOrder(string[][] found) =>
        found.SelectMany(static names => names).OrderBy(Encoding.UTF8.GetBytes, Comparer<byte[]>.Create(static (one, other) => one.AsSpan().SequenceCompareTo(other)));

    private readonly record struct Candidate(int Partition, string Name, double DueAt);
}
