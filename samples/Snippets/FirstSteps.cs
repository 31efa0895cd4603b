#region first-steps
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle;
using TokenLifecycle.Testing;

internal static class FirstSteps
{
    public static async Task Main()
    {
        // A strict provider on a loopback port and a manual clock: you need no account and don't have to wait.
        var clock = new ManualTimeProvider();
        await using var strava = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.Dialect = Dialect.Strava;
            o.TimeProvider = clock;
        });

        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(clock);
        services.AddTokenLifecycle().AddStrava(strava.Configure);       // your app: .AddStrava(configuration.GetSection("Strava"))
        await using ServiceProvider app = services.BuildServiceProvider();
        ITokenManager tokens = app.GetRequiredService<ITokenManager>();

        var ada = new TokenKey("strava", "ada");
        await tokens.SaveAsync(ada, strava.IssueTokens(strava.SignedInUser, "read")); // your app: the user connects in a browser
        Console.WriteLine($"ada is connected: {await StateAsync()}");

        clock.Advance(TimeSpan.FromHours(7));                           // Strava's tokens expire after six hours
        Console.WriteLine($"seven hours later: {await StateAsync()}");

        AccessToken[] got = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => tokens.GetAccessTokenAsync(ada).AsTask()));
        Console.WriteLine($"{got.Length} callers got {got.DistinctBy(token => token.Value).Count()} new token by {strava.Log.RefreshRequests.Count} refresh");

        strava.RevokeGrant(strava.SignedInUser);                        // ada revokes access in Strava's settings
        clock.Advance(TimeSpan.FromHours(7));
        try
        {
            await tokens.GetAccessTokenAsync(ada);
        }
        catch (ReauthorizationRequiredException e)
        {
            Console.WriteLine($"ada has to reconnect: {e.Reason}");
        }

        async Task<TokenState> StateAsync() => (await tokens.GetStatusAsync(ada)).State;
    }
}
#endregion
