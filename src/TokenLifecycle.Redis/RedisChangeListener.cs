using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis;

/// <summary>
/// Receives what the scripts of other processes publish. While it receives nothing, what is cached expires after <c>CacheDuration</c> as it
/// does without it. It never fails the host.
/// </summary>
internal sealed class RedisChangeListener(RedisConnection connection, ITokenCacheInvalidator remembered, IOptions<RedisTokenStoreOptions> options, TimeProvider clock, ILoggerFactory loggers) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly GuardedLogger _logger = new(loggers.CreateLogger("TokenLifecycle.Redis"));
    private int _isDeaf;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.NotifyChanges)
            return;

        try
        {
            while (!await TryListenAsync(stoppingToken).ConfigureAwait(false))
                await Task.Delay(Pause, clock, stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    /// <summary>
    /// Listens until the host stops. The client library subscribes again automatically whenever the connection is restored.
    /// </summary>
    /// <returns><see langword="false"/> if it could not subscribe.</returns>
    private async Task<bool> TryListenAsync(CancellationToken cancellationToken)
    {
        IConnectionMultiplexer? multiplexer = null;
        var channel = RedisChannel.Literal(connection.Keys.Channel);
        try
        {
            multiplexer = await connection.OpenAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            multiplexer.ConnectionFailed += Lose;
            multiplexer.ConnectionRestored += Restore;
            await multiplexer.GetSubscriber().SubscribeAsync(channel, Hear).WaitAsync(cancellationToken).ConfigureAwait(false);
            Begin();
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            Lose(failure);
            return false;
        }
        finally
        {
            if (multiplexer is not null)
            {
                multiplexer.ConnectionFailed -= Lose;
                multiplexer.ConnectionRestored -= Restore;
                multiplexer.GetSubscriber().Unsubscribe(channel, Hear, CommandFlags.FireAndForget);
            }
        }
    }

    /// <summary>From here on nothing is missed, and before it anything may have been.</summary>
    private void Begin()
    {
        Volatile.Write(ref _isDeaf, 0);
        RedisLog.ListeningInRedis(_logger);
        remembered.OutdateAll();
    }

    private void Lose(object? sender, ConnectionFailedEventArgs lost) => Lose(lost.Exception);

    private void Lose(Exception? failure)
    {
        if (Interlocked.Exchange(ref _isDeaf, 1) == 0)
            RedisLog.NotListeningInRedis(_logger, failure);
    }

    private void Restore(object? sender, ConnectionFailedEventArgs restored) => Begin();

    private void Hear(RedisChannel channel, RedisValue message)
    {
        // Other clients may publish on the channel: what is not ours means nothing.
        if (TokenInvalidation.TryParse(message, out TokenInvalidation change))
            remembered.Invalidate(change);
    }
}
