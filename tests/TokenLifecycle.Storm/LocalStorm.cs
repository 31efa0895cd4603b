using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Storm;

/// <summary>All callers in this process, its store in memory.</summary>
internal static class LocalStorm
{
    public static async Task<StormFigures> RunAsync(StormOptions options)
    {
        var clock = new ManualTimeProvider();
        await using SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.TimeProvider = clock;
            o.Rotation = Rotation.EveryUse;
            o.AccessTokenLifetime = StormOptions.Lifetime;
            o.RecordRequests = false;
        });
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(clock);
        services.AddTokenLifecycle().AddProvider("storm", server.Configure);
        await using ServiceProvider app = services.BuildServiceProvider();
        ITokenManager tokens = app.GetRequiredService<ITokenManager>();
        var key = new TokenKey("storm", "ada");
        await tokens.SaveAsync(key, server.IssueTokens(server.SignedInUser, "read"));

        var figures = new StormFigures(options, server);
        for (int round = 1; round <= options.Rounds; round++)
        {
            clock.Advance(StormOptions.Lifetime + TimeSpan.FromSeconds(1));
            var callers = new Callers(tokens, key, options.Callers);
            long start = TimeProvider.System.GetTimestamp();
            RoundOutcome outcome = await callers.LetGoAsync();
            figures.Add(outcome, TimeProvider.System.GetElapsedTime(start));
        }

        return figures;
    }
}
