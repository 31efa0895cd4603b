using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle;

namespace Snippets;

internal static class Background
{
    public static void Configure(IServiceCollection services, IConfiguration configuration)
    {
        #region background
        services.AddTokenLifecycle()
            .AddStrava(configuration.GetSection("Strava"))
            .UseEntityFrameworkStore<AppDbContext>()
            .ProtectWithKeys(configuration.GetSection("TokenKeys"))
            .AddBackgroundRefresh();                                          // in any number of processes
        #endregion

        #region background-settings
        services.AddTokenLifecycle(o => o.RefreshBefore = TimeSpan.FromMinutes(configuration.GetValue("TOKEN_REFRESH_THRESHOLD_MINUTES", 30)))
            .AddStrava(o => o.MaxRefreshesPerSecond = 20)                     // for this provider, in each process
            .AddBackgroundRefresh(o => o.Enabled = configuration.GetValue("ENABLE_PROACTIVE_REFRESH", true));
        #endregion
    }

    public static async Task SweepAsync(IRefreshSweeper sweeper, ITokenManager tokens, string userId, CancellationToken ct)
    {
        #region refresh-due
        RefreshSweepReport plan = await sweeper.RefreshDueAsync(dryRun: true, cancellationToken: ct);
        Console.WriteLine($"{plan.Due} connections are due");

        RefreshSweepReport done = await sweeper.RefreshDueAsync("strava", progress: new Progress<RefreshSweepReport>(Console.WriteLine), cancellationToken: ct);
        Console.WriteLine(done);                     // 120 due: 118 refreshed, 1 failed, 1 need their user, ...

        await tokens.RefreshAsync(new TokenKey("strava", userId), cancellationToken: ct); // one user, now
        #endregion
    }
}

#region outbox
internal sealed class ReconnectOutbox(IServiceScopeFactory scopes) : ITokenLifecycleObserver
{
    public async ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken)
    {
        if (tokenEvent is not { Kind: TokenEventKind.ReauthorizationRequired or TokenEventKind.RefreshTokenExpiring, Key: { } key })
            return;

        await using AsyncServiceScope scope = scopes.CreateAsyncScope();
        OutboxContext db = scope.ServiceProvider.GetRequiredService<OutboxContext>();

        // If the event is delivered again after a crash, it has the same id: one email is sent.
        string id = $"{tokenEvent.Kind} {key} {tokenEvent.At:O}";
        if (!await db.Mails.AnyAsync(mail => mail.Id == id, cancellationToken))
        {
            db.Mails.Add(new OutboxMail { Id = id, UserId = key.UserId, Text = $"Please reconnect {key.Provider}." });
            await db.SaveChangesAsync(cancellationToken);   // if it throws, the event is delivered again
        }
    }
}
#endregion

internal sealed class OutboxContext(DbContextOptions<OutboxContext> options) : DbContext(options)
{
    public DbSet<OutboxMail> Mails => Set<OutboxMail>();
}

internal sealed class OutboxMail
{
    public required string Id { get; init; }

    public required string UserId { get; init; }

    public required string Text { get; init; }
}
