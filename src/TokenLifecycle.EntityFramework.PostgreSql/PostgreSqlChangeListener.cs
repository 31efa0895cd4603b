using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.EntityFramework.PostgreSql.Rows;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.PostgreSql;

/// <summary>
/// Receives the notifications of other processes on a separate connection, which it reopens whenever it is lost. While it receives nothing,
/// cached rows expire with <c>CacheDuration</c> as they do without it; it never fails the host.
/// </summary>
internal sealed class PostgreSqlChangeListener(
    TimeProvider clock, ITokenCacheInvalidator remembered, IOptions<PostgreSqlStoreOptions> options, ILoggerFactory loggers, IScopedContext? contexts = null) : BackgroundService
{
    private const string Listen = "LISTEN " + PostgreSqlStatements.Channel;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>After so long a silence the connection is checked: nothing else would notice that it is lost.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    private readonly GuardedLogger _logger = new(loggers.CreateLogger("TokenLifecycle.EntityFramework"));
    private bool _isDeaf;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.NotifyChanges)
            return;

        try
        {
            TimeSpan pause = TimeSpan.Zero;
            while (true)
            {
                long start = clock.GetTimestamp();
                if (!await TryListenAsync(stoppingToken).ConfigureAwait(false))
                    return;

                // The first time at once: most often the database has only moved.
                if (clock.GetElapsedTime(start) >= LongestPause)
                    pause = TimeSpan.Zero;
                if (pause > TimeSpan.Zero)
                    await Task.Delay(pause, clock, stoppingToken).ConfigureAwait(false);
                pause = pause == TimeSpan.Zero ? ShortestPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops, so the result of the wait does not matter.
        }
    }

    /// <summary>Listens until the connection is lost.</summary>
    /// <returns>False if this can never be.</returns>
    private async Task<bool> TryListenAsync(CancellationToken cancellationToken)
    {
        try
        {
            string obstacle = contexts is null
                ? "there is no store in a database. Call UseEntityFrameworkStore<TContext>()."
                : await contexts.RunAsync(context => ListenAsync(context, cancellationToken), cancellationToken).ConfigureAwait(false);
            ChangeLog.CannotListen(_logger, obstacle);
            return false;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            if (!_isDeaf)
                ChangeLog.Deaf(_logger, failure);
            _isDeaf = true;
            return true;
        }
    }

    /// <returns>Why it cannot listen; while it can, it does not return.</returns>
    private async Task<string> ListenAsync(DbContext context, CancellationToken cancellationToken)
    {
        if (!context.Database.IsNpgsql())
            return $"{context.Database.ProviderName} is not PostgreSQL.";
        if (context.Database.GetDbConnection() is not NpgsqlConnection connection)
            return $"the connection is a {context.Database.GetDbConnection().GetType()} and not Npgsql's own.";

        NpgsqlConnectionStringBuilder settings = new(connection.ConnectionString);
        if (!settings.Multiplexing)
        {
            await context.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await context.Database.ExecuteSqlRawAsync(Listen, cancellationToken).ConfigureAwait(false);
            return await HearAsync(connection, cancellationToken).ConfigureAwait(false);
        }

        // Connections that share sessions cannot listen, so this uses a separate one that does not share its session.
        settings.Multiplexing = false;
        NpgsqlConnection separate = connection.CloneWith(settings.ConnectionString);
        await using (separate.ConfigureAwait(false))
        {
            await separate.OpenAsync(cancellationToken).ConfigureAwait(false);
            using NpgsqlCommand listen = new(Listen, separate);
            await listen.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return await HearAsync(separate, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Receives notifications until the connection is lost, which throws.</summary>
    private async Task<string> HearAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        connection.Notification += OnNotification;
        try
        {
            // From here on nothing is missed, and before it anything may have been.
            remembered.OutdateAll();
            _isDeaf = false;
            ChangeLog.Listening(_logger);
            using NpgsqlCommand question = new("SELECT 1", connection);
            while (true)
            {
                if (!await connection.WaitAsync(LongestSilence, cancellationToken).ConfigureAwait(false))
                    await question.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            connection.Notification -= OnNotification;
        }
    }

    private void OnNotification(object sender, NpgsqlNotificationEventArgs notification)
    {
        // Every client that may connect to the database can notify on the channel: foreign messages are ignored.
        if (TokenInvalidation.TryParse(notification.Payload, out TokenInvalidation change))
            remembered.Invalidate(change);
    }
}
