using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Refresh;
using TokenLifecycle.State;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>
/// Law 2: two processes, two users, one store, and whatever a seeded chance makes of it: calls, forced refreshes, reconnects and disconnects at once, answers
/// of store and server that fail or get lost before anything happened. Whatever the order, no refresh token is presented twice to a strict server,
/// what is stored is alive, and nobody gets another's token.
/// </summary>
public sealed class ManyRoundsTests
{
    private const int Rounds = 25;

    private static readonly string[] StoreCalls = ["find", "begin", "save", "end"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Law_2_Two_processes_on_one_store_never_lose_spend_or_mix_up_a_token(int seed)
    {
        // The deadline is long only because the losers' waiting moves the clock while real requests go on.
        await using World world = await World.StartAsync(options: o =>
        {
            o.TokenEndpointTimeout = TimeSpan.FromMinutes(10);
            o.LeaseDuration = TimeSpan.FromMinutes(31);
        });
        var chance = new Random(seed);
        ServiceProvider[] processes = [world.Services, world.NewProcess()];
        (TokenKey Key, SimulatedUser User)[] connections =
        [
            (world.Key, world.User),
            (new TokenKey(World.Provider, "bob"), world.Server.AddUser("bob")),
        ];
        foreach ((TokenKey key, SimulatedUser user) in connections)
            await world.ConnectAsync(key, user);

        var handedOut = new List<(TokenKey Key, string Token)>();
        for (int round = 0; round < Rounds; round++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(chance.Next(1, 4200)));
            Disturb(world, chance);
            var ended = new ConcurrentDictionary<TokenKey, bool>(); // Whose grant was revoked in this round, on purpose.
            Task<AccessToken?>[] calls = [.. Enumerable.Range(0, chance.Next(2, 9)).Select(_ =>
            {
                (TokenKey key, SimulatedUser user) = connections[chance.Next(connections.Length)];
                ITokenManager process = processes[chance.Next(processes.Length)].Tokens();
                int what = chance.Next(12);
                return CallAsync(process, what, key, () => world.Server.IssueTokens(user, "read"), handedOut, ended);
            })];
            await world.RunShortAsync(Task.WhenAll(calls));
            world.Store.Recover();
            world.Server.TokenEndpoint.Recover();

            // Refreshes behind the callers and delayed saves end too: a jump of the clock would be a process that stood still for an hour, lease and all.
            await world.RunShortAsync(Task.WhenAll(processes.Select(QuietAsync)));
        }

        // The end of all disturbance: pauses pass, delayed saves catch up.
        world.Clock.Advance(TimeSpan.FromHours(2));
        foreach ((TokenKey key, SimulatedUser user) in connections)
        {
            foreach (ServiceProvider process in processes)
            {
                Task<AccessToken?> last = CallAsync(process.Tokens(), 0, key, () => null!, handedOut, []);
                await world.RunShortAsync(last);
                if (await last is { } token)
                    (await OwnerOfAsync(world, token)).Should().Be(user.Name);
            }

            if (await world.Store.Inner.FindAsync(key, CancellationToken.None) is not { } row)
                continue;
            row.Reauthorization.Should().BeNull();
            world.Server.IsLive(row.Tokens.RefreshToken!).Should().BeTrue("the stored refresh token is the server's live one");
            row.Tokens.AccountId.Should().Be(user.AccountId);
        }

        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
        world.Server.Log.FamiliesRevoked.Should().Be(0);
        world.Posts().Should().HaveCountGreaterThan(Rounds / 3, "or nothing was tested");
        handedOut.GroupBy(given => given.Token).Should().OnlyContain(group => group.Select(given => given.Key).Distinct().Count() == 1);
    }

    /// <summary>What was under way has ended, and what waited is saved. Not a stop: a process that stops begins nothing any more.</summary>
    private static async Task QuietAsync(ServiceProvider process)
    {
        await process.GetRequiredService<RefreshCoordinator>().WhenIdleAsync();
        await process.GetRequiredService<PendingSaveQueue>().SettleAllAsync();
    }

    private static async Task<AccessToken?> CallAsync(
        ITokenManager process, int what, TokenKey key, Func<TokenSet> connect, List<(TokenKey Key, string Token)> handedOut, ConcurrentDictionary<TokenKey, bool> ended)
    {
        try
        {
            if (what == 11)
            {
                ended[key] = true;
                await process.DisconnectAsync(key);
            }

            if (what is 10 or 11)
            {
                await process.SaveAsync(key, connect());
                return null;
            }

            AccessToken token = what >= 8 ? await process.RefreshAsync(key) : await process.GetAccessTokenAsync(key);
            lock (handedOut)
                handedOut.Add((key, token.Value));
            return token;
        }
        catch (TokenTemporarilyUnavailableException)
        {
            return null; // The disturbance of this round.
        }
        catch (ReauthorizationRequiredException gone) when (gone.Reason == ReauthorizationReason.NotConnected || ended.ContainsKey(key))
        {
            return null; // Between a disconnect and the reconnect that follows it.
        }
    }

    /// <summary>One thing in a round goes wrong, or none.</summary>
    private static void Disturb(World world, Random chance)
    {
        string step = StoreCalls[chance.Next(StoreCalls.Length)];
        int left = chance.Next(1, 4);
        Func<string, Task> fail = name => name == step && Interlocked.Decrement(ref left) >= 0
            ? Task.FromException(new IOException("The store is away."))
            : Task.CompletedTask;
        switch (chance.Next(7))
        {
            case 0:
                world.Server.TokenEndpoint.FailNext(Fault.Status(503), times: left);
                break;
            case 1:
                world.Server.TokenEndpoint.FailNext(Fault.DropBeforeProcessing());
                break;
            case 2:
                world.Store.Before = fail;
                break;
            case 3 when step != "begin": // A lease whose answer is lost keeps everybody waiting for half an hour of this clock.
                world.Store.After = fail;
                break;
            default:
                break;
        }
    }

    private static async Task<string> OwnerOfAsync(World world, AccessToken token)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(world.Server.Address, "/api/echo"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        using HttpResponseMessage answer = await http.SendAsync(request);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["user"]!.GetValue<string>();
    }
}
