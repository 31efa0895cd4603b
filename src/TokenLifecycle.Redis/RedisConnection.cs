using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace TokenLifecycle.Redis;

/// <summary>The app's connection to Redis, opened at first use. Runs the scripts, and repeats one once if its result was lost.</summary>
internal sealed class RedisConnection(IServiceProvider services, IOptions<RedisTokenStoreOptions> options) : IAsyncDisposable, IDisposable
{
    private readonly Lock _gate = new();
    private Task<IConnectionMultiplexer>? _opening;
    private bool _isOurs;

    /// <summary>Whether calls are made without opening the connection first.</summary>
    public bool IsOpen => _opening is { IsCompletedSuccessfully: true };

    public RedisKeys Keys { get; } = new(options.Value.KeyPrefix);

    /// <summary>Gets the connection. One that could not be opened is opened again by the next call.</summary>
    public Task<IConnectionMultiplexer> OpenAsync()
    {
        lock (_gate)
        {
            if (_opening is null or { IsFaulted: true } or { IsCanceled: true })
                _opening = ConnectAsync();
            return _opening;
        }
    }

    /// <summary>Gets the database.</summary>
    public async ValueTask<IDatabase> DatabaseAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return (await OpenAsync().WaitAsync(cancellationToken).ConfigureAwait(false)).GetDatabase();
    }

    /// <summary>
    /// Runs a command on a primary. If its result was lost, runs it once more: every script finds what an earlier run with the same ids has
    /// written. Commands are never cut off in the middle: canceling ends the wait only.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <param name="failure">What could not be done, for the exception.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The result, and whether the command may have run before.</returns>
    public async Task<(T Result, bool MayHaveRunBefore)> RunAsync<T>(Func<IDatabase, Task<T>> command, Func<string> failure, CancellationToken cancellationToken)
    {
        IDatabase database = await DatabaseAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            try
            {
                return (await command(database).WaitAsync(cancellationToken).ConfigureAwait(false), false);
            }
            catch (Exception lost) when (RedisErrors.IsAmbiguous(lost) && !cancellationToken.IsCancellationRequested)
            {
                return (await command(database).WaitAsync(cancellationToken).ConfigureAwait(false), true);
            }
        }
        catch (Exception refused) when (RedisErrors.Explain(refused) is { } explanation)
        {
            throw new InvalidOperationException($"{failure()}: {explanation}", refused);
        }
    }

    /// <summary>Runs a script.</summary>
    public Task<(RedisResult Result, bool MayHaveRunBefore)> RunAsync(
        string script, RedisKey[] keys, RedisValue[] arguments, Func<string> failure, CancellationToken cancellationToken) =>
        RunAsync(database => database.ScriptEvaluateAsync(script, keys, arguments, CommandFlags.DemandMaster), failure, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_opening is { IsCompletedSuccessfully: true } opened && _isOurs)
            await (await opened.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        if (_opening is { IsCompletedSuccessfully: true } opened && _isOurs)
            opened.Result.Dispose();
    }

    private async Task<IConnectionMultiplexer> ConnectAsync()
    {
        RedisTokenStoreOptions settings = options.Value;
        if (settings.ConnectionMultiplexerFactory is { } factory)
            return await factory(services).ConfigureAwait(false);
        if (settings.Configuration is not { } configuration)
        {
            return (IConnectionMultiplexer?)services.GetService(typeof(IConnectionMultiplexer)) ?? throw new InvalidOperationException(
                "The Redis store has no connection. Call UseRedisStore(\"localhost:6379\"), register an IConnectionMultiplexer, or set ConnectionMultiplexerFactory.");
        }

        // A Redis that cannot be reached yet does not fail the start: the multiplexer connects as soon as it can.
        ConfigurationOptions parsed = ConfigurationOptions.Parse(configuration);
        if (!configuration.Contains("abortConnect", StringComparison.OrdinalIgnoreCase))
            parsed.AbortOnConnectFail = false;
        parsed.AllowAdmin = true; // For INFO and CONFIG GET, which the check of the store reads. Nothing else here needs it.
        _isOurs = true;
        return await ConnectionMultiplexer.ConnectAsync(parsed).ConfigureAwait(false);
    }
}
