using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Postgres;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>Apps whose clocks differ from that of the database.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class StoreClockTests(SharedPostgres postgres)
{
    private const string MinutesUntilDue = "SELECT extract(epoch FROM next_refresh_at - clock_timestamp())::float8 / 60 FROM oauth_connections";
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    [Theory]
    [Trait("Rule", "FR-12")]
    [InlineData(-9)]
    [InlineData(9)]
    [InlineData(-24 * 60)]
    [InlineData(24 * 60)]
    public async Task Due_times_follow_the_clock_of_the_database(int minutes)
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        await using SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.Rotation = Rotation.EveryUse;
            o.AccessTokenLifetime = Lifetime;
        });
        SkewedTimeProvider clock = new(TimeProvider.System, TimeSpan.FromMinutes(minutes));
        StoreProcess process = NewProcess(clock);
        DateTimeOffset now = clock.GetUtcNow();
        await process.Tokens.SaveAsync(TokenApp.KeyOf("ada"), server.IssueTokens(server.AddUser("ada"), "read") with { IssuedAt = now, ExpiresAt = now + Lifetime });

        (await MinutesAsync()).Should().BeInRange(4.5, 7.6);
        await SweepAsync(process);
        server.Log.RefreshRequests.Should().BeEmpty();
        (await TokenApp.HealthAsync(process)).Description.Should().Contain(minutes < 0 ? "ahead of this machine's clock" : "behind this machine's clock");

        // Ten minutes later, by a process that does not know the connection and whose clock differs otherwise.
        await database.ExecuteAsync("UPDATE oauth_connections SET next_refresh_at = next_refresh_at - interval '10 minutes', received_at = received_at - interval '10 minutes'");
        StoreProcess other = NewProcess(new SkewedTimeProvider(TimeProvider.System, -clock.Skew / 2));
        for (int i = 0; i < 3; i++)
            await SweepAsync(other);

        server.Log.RefreshRequests.Should().ContainSingle();
        (await MinutesAsync()).Should().BeInRange(4.5, 7.6);
        await SweepAsync(process);
        server.Log.RefreshRequests.Should().ContainSingle();

        StoreProcess NewProcess(SkewedTimeProvider skewed) => database.NewProcess(clock: skewed, configure: builder => builder.AddProvider(TokenApp.Provider, server.Configure));

        async Task<double> MinutesAsync() => (double)(await database.QueryAsync(MinutesUntilDue))!;
    }

    private static Task<RefreshSweepReport> SweepAsync(StoreProcess process) => process.Services.GetRequiredService<IRefreshSweeper>().RefreshDueAsync();
}
