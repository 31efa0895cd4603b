using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Postgres;
using TokenLifecycle.Testing;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>F48: the database is put back to a moment before the provider rotated, so every stored refresh token is an old one.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class RestoredBackupTests(SharedPostgres postgres)
{
    private const int Calls = 20;

    [Fact]
    public async Task F48_RF_9_a_few_users_are_asked_for_once_each_and_nobody_is_told_to_reconnect_while_none_is_refreshed()
    {
        string[] users = ["ada", "bob", "eve"];
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster);
        StoreProcess process = await RestoredAsync(app, users);

        TokenException[] refusals = await AllAskAsync(process, users);

        refusals.Should().AllBeOfType<TokenTemporarilyUnavailableException>().And.OnlyContain(refusal => ((TokenTemporarilyUnavailableException)refusal).Kind == TokenFailureKind.GrantRejected);
        app.Refreshes.Should().Be(2 * users.Length, "before the backup was restored, and after it");
        app.Server.Log.RefreshRequests.TakeLast(users.Length).Should().OnlyContain(request => request.Outcome == TokenRequestOutcome.ReuseDetected);

        foreach (string user in users)
        {
            TokenSet anew = await app.ConnectAsync(process, user);
            (await TokenApp.GetAsync(process, user)).Value.Should().Be(anew.AccessToken);
        }
    }

    [Fact]
    public async Task F48_C10_many_users_are_asked_for_once_each_and_no_connection_is_ended()
    {
        string[] users = [.. Enumerable.Range(1, 30).Select(i => $"user-{i}")];
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster);
        StoreProcess process = await RestoredAsync(app, users);

        TokenException[] refusals = await AllAskAsync(process, users);

        app.Refreshes.Should().Be(2 * users.Length, "no storm");
        refusals.Should().AllBeOfType<TokenTemporarilyUnavailableException>().And.OnlyContain(refusal => ((TokenTemporarilyUnavailableException)refusal).Kind == TokenFailureKind.GrantRejected);
        HealthCheckResult health = await TokenApp.HealthAsync(process);
        health.Status.Should().Be(HealthStatus.Degraded);
        health.Description.Should().Contain("rejects the grants of many users at once");

        // An operator who puts the right backup in its place in time has lost nobody.
        (await app.Database.QueryAsync("SELECT count(*) FROM oauth_connections WHERE reauthorization IS NOT NULL")).As<long>().Should().Be(0);
    }

    /// <summary>A process that starts on a backup from before the last rotation.</summary>
    private async Task<StoreProcess> RestoredAsync(TokenApp app, string[] users)
    {
        StoreProcess before = app.NewProcess();
        foreach (string user in users)
            await app.ConnectAsync(before, user);
        string backup = await PostgresDump.TakeAsync(postgres.Cluster, app.Database);
        app.Expire();
        foreach (string user in users)
            await TokenApp.GetAsync(before, user);
        await PostgresDump.RestoreAsync(postgres.Cluster, app.Database, backup);
        return app.NewProcess();
    }

    private static async Task<TokenException[]> AllAskAsync(StoreProcess process, string[] users)
    {
        List<TokenException> refusals = [];
        for (int call = 0; call < Calls; call++)
        {
            foreach (string user in users)
                refusals.Add(await TokenApp.RefusalAsync(process, user));
        }

        return [.. refusals];
    }
}
