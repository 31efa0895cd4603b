using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>The database goes away and comes back. These stop it, so they have one of their own.</summary>
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class DatabaseDownTests : IAsyncLifetime
{
    private static readonly TokenKey Key = new("acme", "ada");

    private PostgresCluster _cluster = null!;
    private PostgresDatabase _database = null!;
    private SimulatedAuthorizationServer _server = null!;
    private StoreProcess _process = null!;

    private int Refreshes => _server.Log.Requests.Count(static request => request.Body.Contains("grant_type=refresh_token", StringComparison.Ordinal));

    public async Task InitializeAsync()
    {
        _cluster = await PostgresCluster.StartAsync(isDurable: true);
        _database = await PostgresDatabase.CreateAsync(_cluster);
        _server = await SimulatedAuthorizationServer.StartAsync(static options =>
        {
            options.SecretMark = Canary.Mark;
            options.Rotation = Rotation.EveryUse;
        });
        _process = _database.NewProcess("Timeout=5;", configure: builder => builder.AddProvider(Key.Provider, _server.Configure));
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        await _server.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task F11_with_the_database_down_no_token_is_spent_and_a_valid_one_is_still_served()
    {
        TokenKey valid = new(Key.Provider, "bob");
        await _process.Tokens.SaveAsync(valid, _server.IssueTokens(_server.AddUser("bob"), "read"));
        AccessToken before = await _process.Tokens.GetAccessTokenAsync(valid);
        await SaveExpiredAsync();
        await _cluster.KillAsync();

        await _process.Tokens.Invoking(tokens => tokens.GetAccessTokenAsync(Key).AsTask()).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        (await _process.Tokens.GetAccessTokenAsync(valid)).Value.Should().Be(before.Value);
        Refreshes.Should().Be(0);

        await _cluster.StartAgainAsync();
        await using StoreProcess next = _database.NewProcess(configure: builder => builder.AddProvider(Key.Provider, _server.Configure));
        (await next.Tokens.GetAccessTokenAsync(Key)).Value.Should().NotBeNullOrEmpty("it heals without anybody's help");
    }

    [Fact]
    public async Task F12_a_database_that_goes_down_during_the_call_costs_no_token_and_no_second_call()
    {
        await SaveExpiredAsync();
        FaultHold hold = Fault.Hold();
        _server.TokenEndpoint.FailNext(hold);
        Task<AccessToken> waiting = _process.Tokens.GetAccessTokenAsync(Key).AsTask();
        await hold.Reached;
        await _cluster.KillAsync();
        hold.Release();

        AccessToken token = await waiting;
        await _cluster.StartAgainAsync();

        // The save is tried again by itself; the only sign of its success is the row.
        StoredToken row;
        do
            row = (await _database.NewProcess().Store.FindAsync(Key, Rows.None))!;
        while (row.Intent is not null);
        row.Tokens.AccessToken.Should().Be(token.Value);
        Refreshes.Should().Be(1);
    }

    private async Task SaveExpiredAsync()
    {
        TokenSet tokens = _server.IssueTokens(_server.AddUser("ada"), "read");
        DateTimeOffset ended = TimeProvider.System.GetUtcNow().AddHours(-1);
        TokenSet expired = new() { AccessToken = tokens.AccessToken, RefreshToken = tokens.RefreshToken, IssuedAt = ended.AddHours(-6), ExpiresAt = ended, Issuer = tokens.Issuer, ClientId = tokens.ClientId };
        await _process.Store.SaveAsync(new StoredToken { Key = Key, Tokens = expired, ReceivedAt = ended }, StoredToken.Unsaved, Rows.None);
    }
}
