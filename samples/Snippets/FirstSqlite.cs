#region first-sqlite
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle;
using TokenLifecycle.Testing;

internal static class FirstSqlite
{
    public static async Task Main()
    {
        await using var strava = await SimulatedAuthorizationServer.StartAsync(o => o.Dialect = Dialect.Strava); // needs no account

        var services = new ServiceCollection();
        services.AddDbContext<TripsContext>(o => o.UseSqlite("Data Source=trips.db"));
        services.AddTokenLifecycle()
            .AddStrava(strava.Configure)
            .UseEntityFrameworkStore<TripsContext>()
            .ProtectWithKeyFile("keys.json", createIfMissing: true);    // the rows hold no token in plain text
        await using ServiceProvider app = services.BuildServiceProvider();

        await using (AsyncServiceScope scope = app.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<TripsContext>().Database.EnsureCreatedAsync(); // your app: a migration

        ITokenManager tokens = app.GetRequiredService<ITokenManager>();
        var ada = new TokenKey("strava", "ada");
        ConnectionStatus found = await tokens.GetStatusAsync(ada);
        Console.WriteLine($"found: {found.State}");
        if (found.State == TokenState.Missing)
        {
            await tokens.SaveAsync(ada, strava.IssueTokens(strava.SignedInUser, "read"));
            Console.WriteLine("ada is connected");
        }
    }
}

internal sealed class TripsContext(DbContextOptions<TripsContext> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddTokenLifecycle();
}
#endregion
