using System.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>The table lies on a volume that fills up.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class DiskFullTests(SharedPostgres postgres)
{
    private const int Kilobytes = 4 * 1024;
    private const int LongToken = 30_000;

    [VolumeFact]
    public async Task F15_B3_on_a_full_disk_the_caller_gets_its_token_health_is_Degraded_and_the_save_follows_when_there_is_room()
    {
        using Volume volume = new(Kilobytes);
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster, static options => options.AccessTokenLength = LongToken);
        await MoveToAsync(app, volume);
        StoreProcess process = app.NewProcess();
        TokenSet before = await app.ConnectAsync(process, "ada");
        app.Expire();
        volume.Fill();
        try
        {
            AccessToken token = await TokenApp.GetAsync(process, "ada");

            HealthCheckResult health = await TokenApp.HealthAsync(process);
            health.Status.Should().Be(HealthStatus.Degraded);
            health.Description.Should().Contain("could not be saved yet");
            StoredToken stored = (await process.Store.FindAsync(TokenApp.KeyOf("ada"), Rows.None))!;
            (stored.Tokens.RefreshToken, stored.Intent!.AttemptCount).Should().Be((before.RefreshToken, 1));

            // The next try comes by the clock; the only sign of its success is the row.
            volume.Free();
            while ((stored = (await process.Store.FindAsync(TokenApp.KeyOf("ada"), Rows.None))!).Intent is not null)
                await NextTryAsync(app);
            stored.Tokens.AccessToken.Should().Be(token.Value);
            app.Refreshes.Should().Be(1);

            // The row is seen before its answer has reached the process.
            while ((health = await TokenApp.HealthAsync(process)).Description?.Contains("could not be saved yet", StringComparison.Ordinal) == true)
                await NextTryAsync(app);
            health.Description.Should().StartWith("The clock of the token store", "the test has its own clock, and nothing else is wrong");
        }
        finally
        {
            await MoveAwayAsync(app);
        }
    }

    private static async Task NextTryAsync(TokenApp app)
    {
        if (app.Clock.NextTimerIn is { } next && next <= TimeSpan.FromSeconds(1))
            app.Clock.Advance(next);
        await Task.Yield();
    }

    private static async Task MoveToAsync(TokenApp app, Volume volume)
    {
        Directory.CreateDirectory(volume.Folder);
        // The folders above are this process's own, and the server is somebody else.
        foreach ((string program, string[] arguments) in new (string, string[])[] { ("chown", ["nobody", volume.Folder]), ("chmod", ["755", Path.GetDirectoryName(volume.Folder)!]) })
            await Process.Start(program, arguments).WaitForExitAsync();
        await app.Database.ExecuteAsync($"CREATE TABLESPACE small LOCATION '{volume.Folder}'");
        await app.Database.ExecuteAsync("ALTER TABLE oauth_connections SET TABLESPACE small");
    }

    private static async Task MoveAwayAsync(TokenApp app)
    {
        await app.Database.ExecuteAsync("ALTER TABLE oauth_connections SET TABLESPACE pg_default");
        await app.Database.ExecuteAsync("DROP TABLESPACE small");
    }
}
