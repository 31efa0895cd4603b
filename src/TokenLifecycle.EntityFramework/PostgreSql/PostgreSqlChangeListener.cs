using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.PostgreSql;

/// <summary>
/// Receives the notifications of other processes on a separate connection, which it reopens whenever it is lost. While it receives nothing,
/// cached rows expire with
/// <c>CacheDuration</c> as it does without it; it never fails the host.
/// </summary>
internal sealed class PostgreSqlChangeListener<TContext>(
    IServiceScopeFactory scopes, TimeProvider clock, ITokenCacheInvalidator remembered, IOptions<EntityFrameworkTokenStoreOptions> options, ILoggerFactory loggers) : BackgroundService
    where TContext : DbContext
{
    private const string Listen = "LISTEN " + PostgreSqlStatements.Channel;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>After so long a silence the connection is checked: nothing else would notice that it is lost.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    private readonly ScopedContext<TContext> _contexts = new(scopes);
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
            string? obstacle = await _contexts.RunAsync(context => ListenAsync(context, cancellationToken), cancellationToken).ConfigureAwait(false);
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
        if (context.Database.ProviderName != PostgreSqlProvider.Name)
            return $"{context.Database.ProviderName} is not PostgreSQL.";

        // Npgsql connections that share sessions (Multiplexing=true) cannot listen, so use a separate connection that does not share its session.
        DbConnection connection = NpgsqlNotifications.ConnectionFor(context.Database.GetDbConnection(), out bool isSeparate);
        try
        {
            return await ListenAsync(context, connection, isSeparate, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (isSeparate)
                await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<string> ListenAsync(DbContext context, DbConnection connection, bool isSeparate, CancellationToken cancellationToken)
    {
        using NpgsqlNotifications? notifications = NpgsqlNotifications.Of(connection, Hear);
        if (notifications is null)
            return $"{connection.GetType()} has no Notification event and WaitAsync method as Npgsql's connections have.";

        if (isSeparate)
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            using DbCommand listen = connection.CreateCommand();
            listen.CommandText = Listen;
            await listen.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await context.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await context.Database.ExecuteSqlRawAsync(Listen, cancellationToken).ConfigureAwait(false);
        }

        // From here on nothing is missed, and before it anything may have been.
        remembered.OutdateAll();
        _isDeaf = false;
        ChangeLog.Listening(_logger);
        using DbCommand question = connection.CreateCommand();
        question.CommandText = "SELECT 1";
        while (true)
        {
            if (!await notifications.WaitAsync(LongestSilence, cancellationToken).ConfigureAwait(false))
                await question.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void Hear(string? message)
    {
        // Every client that may connect to the database can notify on the channel: foreign messages are ignored.
        if (TokenInvalidation.TryParse(message, out TokenInvalidation change))
            remembered.Invalidate(change);
    }
}
