using System.Globalization;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis;

/// <summary>
/// Checks how the servers are configured: whether they evict rows, and what they lose in a crash. What a managed Redis does not let a
/// client read is reported as unknown.
/// </summary>
internal sealed class RedisServerCheck(RedisConnection connection, IOptions<RedisTokenStoreOptions> options)
{
    public async Task<IReadOnlyList<TokenStoreProblem>> RunAsync(CancellationToken cancellationToken)
    {
        IDatabase database = await connection.DatabaseAsync(cancellationToken).ConfigureAwait(false);
        await database.PingAsync().WaitAsync(cancellationToken).ConfigureAwait(false); // No server that responds: the exception says why.
        List<TokenStoreProblem> problems = [];
        foreach (IServer server in database.Multiplexer.GetServers().Where(static server => server is { IsConnected: true, IsReplica: false }))
            problems.AddRange(await CheckAsync(server, cancellationToken).ConfigureAwait(false));
        return problems;
    }

    private async Task<IEnumerable<TokenStoreProblem>> CheckAsync(IServer server, CancellationToken cancellationToken)
    {
        string subject = $"Redis at {server.EndPoint}";
        Settings settings = await ReadAsync(server, cancellationToken).ConfigureAwait(false);
        return new[] { Eviction(subject, settings), Durability(subject, settings) }.OfType<TokenStoreProblem>();
    }

    private static TokenStoreProblem? Eviction(string subject, Settings settings) => settings switch
    {
        { EvictionPolicy: null } => new TokenStoreProblem(
            subject, "Its maxmemory-policy could not be read, so it is unknown whether it evicts connections when its memory is full.", "Make sure that maxmemory-policy is noeviction.") { IsConfined = true },
        { EvictionPolicy: { } policy, MaximumMemory: not 0 } when policy.StartsWith("allkeys", StringComparison.Ordinal) => new TokenStoreProblem(
            subject, $"Its maxmemory-policy is {policy}: when its memory is full it deletes connections, and their users have to reconnect.", "CONFIG SET maxmemory-policy noeviction, or use another Redis."),
        _ => null,
    };

    private TokenStoreProblem? Durability(string subject, Settings settings)
    {
        RedisDurability expected = options.Value.ExpectedDurability;
        return (expected, settings.AppendOnly, settings.AppendSync) switch
        {
            (RedisDurability.Unchecked, _, _) => null,
            (_, false, _) => Confined("appendonly is no: a crash loses all changes since its last snapshot. A refresh token that was replaced since then is lost, and its user has to reconnect.", "appendonly yes"),
            (_, true, "always") => null,
            (_, true, "no") => Confined("appendfsync is no: a crash of the machine loses the changes of about half a minute, among them refresh tokens.", "appendfsync always"),
            (RedisDurability.EverySecond, true, "everysec") => null,
            (_, true, "everysec") => Confined("appendfsync is everysec: a crash loses the changes of about the last second. A refresh token that was replaced then is lost, and its user has to reconnect.", "appendfsync always"),
            _ => Confined("Its appendonly and appendfsync could not be read, so it is unknown what a crash loses.", remedy: null),
        };

        TokenStoreProblem Confined(string message, string? remedy) => new(
            subject,
            message,
            $"{(remedy is null ? "Set allowAdmin=true for the app's own connection, which lets the check read them, or check them yourself and" : $"Set {remedy}, or")} set ExpectedDurability to what is enough for this app.") { IsConfined = true };
    }

    private static async Task<Settings> ReadAsync(IServer server, CancellationToken cancellationToken)
    {
        string info = await AskAsync("INFO").ConfigureAwait(false) ?? "";
        string? sync = await AskAsync("CONFIG", "GET", "appendfsync").ConfigureAwait(false);
        return new Settings(
            Of("maxmemory_policy"),
            long.TryParse(Of("maxmemory"), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) ? bytes : null,
            Of("aof_enabled") switch { "1" => true, "0" => false, _ => null },
            string.IsNullOrEmpty(sync) ? null : sync);

        string? Of(string name) => info.Split('\n', StringSplitOptions.TrimEntries)
            .Where(line => line.StartsWith(name + ":", StringComparison.Ordinal))
            .Select(line => line[(name.Length + 1)..])
            .FirstOrDefault(static value => value.Length > 0);

        async Task<string?> AskAsync(string command, params object[] arguments)
        {
            try
            {
                RedisResult answer = await server.ExecuteAsync(command, arguments).WaitAsync(cancellationToken).ConfigureAwait(false);
                return answer.Length switch { < 0 => (string?)answer, 0 => null, _ => (string?)answer[answer.Length - 1] };
            }
            catch (Exception e) when (e is RedisServerException or RedisCommandException)
            {
                return null; // Forbidden, renamed, not implemented, or allowAdmin is off in the app's own connection.
            }
        }
    }

    /// <summary>What a server says of itself; null is unknown.</summary>
    private sealed record Settings(string? EvictionPolicy, long? MaximumMemory, bool? AppendOnly, string? AppendSync);
}
