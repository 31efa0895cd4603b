#region first-redis
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle;
using TokenLifecycle.Testing;

internal static class FirstRedis
{
    public static async Task Main(string[] args)
    {
        await using var strava = await SimulatedAuthorizationServer.StartAsync(o => o.Dialect = Dialect.Strava); // needs no account

        var services = new ServiceCollection();
        services.AddTokenLifecycle()
            .AddStrava(strava.Configure)
            .UseRedisStore(args[0])
            .ProtectWithKeyFile("keys.json", createIfMissing: true);    // Redis holds no token in plain text
        await using ServiceProvider app = services.BuildServiceProvider();

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
#endregion
