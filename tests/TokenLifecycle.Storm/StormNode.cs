using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Chaos;

namespace TokenLifecycle.Storm;

/// <summary>
/// A process of the fleet. Lines in: <c>round SECONDS_AHEAD CALLERS</c>, then <c>go</c>. Lines out: <c>ready</c>, <c>waiting</c>, <c>done REAUTHORIZATIONS ERRORS TOKEN=COUNT ...</c>.
/// </summary>
internal static class StormNode
{
    public static async Task<int> RunAsync(WorkerSettings settings)
    {
        var clock = new JumpingClock();
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(clock);
        WorkerHost.Add(services, settings);
        await using ServiceProvider app = services.BuildServiceProvider();
        ITokenManager tokens = app.GetRequiredService<ITokenManager>();
        await Worker.WarmUpAsync(tokens);
        Console.Out.WriteLine("ready");

        Callers? callers = null;
        while (Console.In.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            if (words[0] == "round")
            {
                clock.Ahead = TimeSpan.FromSeconds(double.Parse(words[1], CultureInfo.InvariantCulture));
                callers = new Callers(tokens, FleetStorm.Key, int.Parse(words[2], CultureInfo.InvariantCulture));
                Console.Out.WriteLine("waiting");
            }
            else
            {
                RoundOutcome outcome = await callers!.LetGoAsync();
                Console.Out.WriteLine(string.Join(' ', ["done", $"{outcome.Reauthorizations}", $"{outcome.Errors}", .. outcome.Tokens.Select(static token => $"{token.Key}={token.Value}")]));
            }
        }

        return 0;
    }
}
