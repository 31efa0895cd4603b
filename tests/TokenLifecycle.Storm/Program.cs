using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle;
using TokenLifecycle.Testing;

// Round after round, all callers meet the expired token of one connection at once. The server is strict: a refresh token presented twice
// revokes its whole family, and the next round fails. Its log is the oracle, not the library's own counters.
int callers = Argument("--callers", 10_000);
int rounds = Argument("--rounds", 20);
TimeSpan lifetime = TimeSpan.FromHours(1);

var clock = new ManualTimeProvider();
await using SimulatedAuthorizationServer server = await SimulatedAuthorizationServer.StartAsync(o =>
{
    o.TimeProvider = clock;
    o.Rotation = Rotation.EveryUse;
    o.AccessTokenLifetime = lifetime;
    o.RecordRequests = false;
});
var services = new ServiceCollection();
services.AddSingleton<TimeProvider>(clock);
services.AddTokenLifecycle().AddProvider("storm", server.Configure);
await using ServiceProvider app = services.BuildServiceProvider();
ITokenManager tokens = app.GetRequiredService<ITokenManager>();
var key = new TokenKey("storm", "ada");
await tokens.SaveAsync(key, server.IssueTokens(server.SignedInUser, "read"));

int errors = 0;
int wrongTokens = 0;
for (int round = 1; round <= rounds; round++)
{
    clock.Advance(lifetime + TimeSpan.FromSeconds(1));
    var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    Task<string?>[] calls = [.. Enumerable.Range(0, callers).Select(_ => CallAsync(start.Task))];
    start.SetResult();
    string?[] received = await Task.WhenAll(calls);

    // The only right answer is the newest token, and the server must still honour it.
    string? newest = (await tokens.GetAccessTokenAsync(key)).Value;
    wrongTokens += received.Count(token => token is not null && token != newest) + (server.IsLive(newest) ? 0 : callers);
    Console.Error.WriteLine($"round {round}/{rounds}: {server.Log.TokenRequests.Count} token requests, {errors} errors");
}

int requests = server.Log.TokenRequests.Count;
int reused = server.Log.ReusedRefreshTokens;
Console.WriteLine(JsonSerializer.Serialize(new { rounds, token_requests = requests, reused_refresh_tokens = reused, wrong_tokens = wrongTokens, errors }));
return requests == rounds && reused == 0 && wrongTokens == 0 && errors == 0 ? 0 : 1;

async Task<string?> CallAsync(Task start)
{
    await start.ConfigureAwait(false);
    try
    {
        return (await tokens.GetAccessTokenAsync(key).ConfigureAwait(false)).Value;
    }
    catch (Exception failure)
    {
        if (Interlocked.Increment(ref errors) == 1)
            Console.Error.WriteLine(failure);
        return null;
    }
}

int Argument(string name, int fallback)
{
    int at = Array.IndexOf(args, name);
    if (at < 0)
        return fallback;
    if (at + 1 < args.Length && int.TryParse(args[at + 1], CultureInfo.InvariantCulture, out int value) && value > 0)
        return value;

    Console.Error.WriteLine($"{name} wants a positive number.");
    Environment.Exit(2);
    return 0;
}
