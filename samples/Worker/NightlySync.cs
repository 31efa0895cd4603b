using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle;

namespace Worker;

/// <summary>The job: for every athlete one call to the API. Of tokens it knows the name of the user and the three ways in which there may be none.</summary>
internal sealed class NightlySync(IServiceScopeFactory scopes, Settings settings, Tally tally, TimeProvider time, IHostApplicationLifetime host, ILogger<NightlySync> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        long started = time.GetTimestamp();
        do
        {
            await using (AsyncServiceScope scope = scopes.CreateAsyncScope())
                await SyncAllAsync(scope.ServiceProvider, stoppingToken);
            if (settings.Once || (settings.Duration is { } duration && time.GetElapsedTime(started) + settings.Pause >= duration))
            {
                host.StopApplication();
                return;
            }

            await Task.Delay(settings.Pause, time, stoppingToken);
        }
        while (true);
    }

    private async Task SyncAllAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        SyncDb db = services.GetRequiredService<SyncDb>();
        StravaClient strava = services.GetRequiredService<StravaClient>();
        List<Athlete> athletes = await db.Athletes.OrderBy(athlete => athlete.Id).ToListAsync(cancellationToken);
        foreach (Athlete athlete in athletes)
            await SyncAsync(strava, athlete, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);

        tally.Passes++;
        logger.LogInformation("Pass {Pass}: {Athletes} athletes, {Waiting} of them wait until they have connected again.", tally.Passes, athletes.Count, athletes.Count(athlete => athlete.Waiting is not null));
    }

    private async Task SyncAsync(StravaClient strava, Athlete athlete, CancellationToken cancellationToken)
    {
        tally.Calls++;
        try
        {
            using (TokenUser.BeginScope(athlete.Id)) // Whose token the call carries.
                await strava.GetAthleteIdAsync(cancellationToken);
            (athlete.SyncedAt, athlete.Waiting) = (time.GetUtcNow(), null);
        }
        catch (ReauthorizationRequiredException gone)
        {
            // Only the athlete can resolve it. Asking for a token again each night costs nothing: no request is made.
            if (athlete.Waiting is null)
                logger.LogWarning("{Athlete} has to connect again ({Reason}): write a mail.", athlete.Id, gone.Reason);
            athlete.Waiting = gone.Reason.ToString();
        }
        catch (Exception later) when (later is TokenTemporarilyUnavailableException or HttpRequestException { StatusCode: HttpStatusCode.Unauthorized })
        {
            // No one has to act yet, and nothing was lost. After a 401 the library finds out whether the grant was revoked. The next pass tries again.
            tally.PostponedCalls++;
            logger.LogInformation("{Athlete} was left out of this pass: {Problem}", athlete.Id, later.Message);
        }
        catch (Exception failure) when (failure is ProviderConfigurationException or HttpRequestException)
        {
            tally.FailedCalls++;
            logger.LogWarning("{Athlete} was left out of this pass: {Problem}", athlete.Id, failure.Message);
        }
    }
}
