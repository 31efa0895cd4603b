using TokenLifecycle.Postgres;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.Nodes;

/// <summary>Three processes behind one address, which share a PostgreSQL database and a folder of Data Protection keys, and nothing else.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class ThreeNodesTests(SharedPostgres postgres) : IAsyncLifetime
{
    private readonly string _keys = Directory.CreateTempSubdirectory("tokenlifecycle-keys-").FullName;
    private readonly List<WebNode> _nodes = [];
    private SimulatedAuthorizationServer _server = null!;

    private int Exchanges => _server.Log.Requests.Count(request =>
        request.Path == _server.TokenEndpoint.Address.AbsolutePath && request.Body.Contains("authorization_code", StringComparison.Ordinal));

    public async Task InitializeAsync()
    {
        _server = await SimulatedAuthorizationServer.StartAsync(o => o.SecretMark = Canary.Mark);
        Dictionary<string, string> settings = new()
        {
            ["Database"] = await postgres.Cluster.CreateDatabaseAsync(),
            ["Keys"] = _keys,
            ["Origin"] = WebWorld.Origin,
            ["ClientId"] = _server.ClientId,
            ["ClientSecret"] = _server.ClientSecret,
            ["Authorize"] = _server.AuthorizationEndpoint.Address.AbsoluteUri,
            ["Token"] = _server.TokenEndpoint.Address.AbsoluteUri,
            ["UserInfo"] = _server.UserInfoAddress.AbsoluteUri,
        };
        // The first makes the table and the key that the others find.
        _nodes.Add(await WebNode.StartAsync(settings));
        _nodes.AddRange(await Task.WhenAll(WebNode.StartAsync(settings), WebNode.StartAsync(settings)));
    }

    public async Task DisposeAsync()
    {
        foreach (WebNode node in _nodes)
            await node.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_keys, recursive: true);
    }

    [Fact]
    public async Task CB_4_H1_Fifty_callbacks_at_once_at_three_processes_exchange_the_code_once_and_all_get_the_success_page()
    {
        _nodes.Select(node => node.Id).Append(Environment.ProcessId).Should().OnlyHaveUniqueItems();
        using Browser browser = new(_nodes[0].Address, WebWorld.Origin);
        (await browser.GetAsync("/login?user=ada")).Status.Should().Be(200);
        string callback = await browser.ToCallbackAsync();
        FaultHold held = Fault.HoldReply();
        _server.TokenEndpoint.FailNext(held);
        TaskCompletionSource barrier = new(TaskCreationOptions.RunContinuationsAsynchronously);

        Task<Seen>[] all = [.. Enumerable.Range(0, 50).Select(async i =>
        {
            using Browser copy = browser.At(_nodes[i % 3].Address);
            await barrier.Task;
            return await copy.GetAsync(callback);
        })];
        barrier.SetResult();
        await held.Reached;
        held.Release();
        Seen[] seen = await Task.WhenAll(all);

        Exchanges.Should().Be(1);
        seen.Should().OnlyContain(answer => answer.Status == 303 && answer.Location == seen[0].Location);
        foreach (WebNode node in _nodes)
        {
            using Browser anywhere = browser.At(node.Address);
            (await anywhere.GetAsync(seen[0].Location!)).Text.Should().Contain("acme is connected");
            (await anywhere.GetAsync(callback)).Location.Should().Be(seen[0].Location, "later is as at once");
            (await anywhere.GetAsync("/connections", ("Accept", "application/json"))).Text.Should().Contain("\"state\":\"Valid\"");
        }

        Exchanges.Should().Be(1);
    }

    [Fact]
    public async Task Whoever_begins_at_one_process_may_finish_at_another()
    {
        using Browser browser = new(_nodes[0].Address, WebWorld.Origin);
        await browser.GetAsync("/login?user=bob");
        string callback = await browser.ToCallbackAsync();
        using Browser elsewhere = browser.At(_nodes[1].Address);

        Seen page = await elsewhere.FollowAsync(await elsewhere.GetAsync(callback));

        page.Text.Should().Contain("acme is connected");
    }
}
