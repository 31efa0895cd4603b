using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests.Requests;

/// <summary>The contract, and what is only to be seen in the table.</summary>
public abstract class RequestStoreTests : AuthorizationRequestStoreContract
{
    private static readonly AuthorizationRequestBounds Wide = new(PerBrowser: 5, PerOwner: 20, Overall: 10_000);

    private readonly List<ServiceProvider> _nodes = [];

    protected override int Flood => 60;

    [Fact]
    public async Task Rows_that_have_expired_are_swept_away_in_bounded_batches()
    {
        IAuthorizationRequestStore store = OpenAgain();
        for (int i = 0; i < 150; i++)
            await store.TryAddAsync(RequestsDb.Row($"old {i}", Clock.GetUtcNow()), Wide, CancellationToken.None);
        Clock.Advance(TimeSpan.FromMinutes(10));

        await store.TryAddAsync(RequestsDb.Row("new", Clock.GetUtcNow()), Wide, CancellationToken.None);
        int afterOne = await CountAsync();
        await store.TryAddAsync(RequestsDb.Row("newer", Clock.GetUtcNow()), Wide, CancellationToken.None);

        afterOne.Should().Be(51);
        (await CountAsync()).Should().Be(2);
    }

    [Fact]
    public async Task The_verifier_is_gone_from_the_table_when_its_work_is_done()
    {
        IAuthorizationRequestStore store = OpenAgain();
        await store.TryAddAsync(RequestsDb.Row("a", Clock.GetUtcNow()), Wide, CancellationToken.None);
        await store.TryRedeemAsync("a", "browser of a", CancellationToken.None);

        await store.SetOutcomeAsync("a", "outcome", CancellationToken.None);

        (await ReadAsync(rows => rows.Select(row => EF.Property<string?>(row, "Payload")).SingleAsync())).Should().BeNull();
    }

    public override async Task DisposeAsync()
    {
        foreach (ServiceProvider node in _nodes)
            await node.DisposeAsync();
    }

    protected override async Task<IAuthorizationRequestStore> CreateStoreAsync()
    {
        await CreateDatabaseAsync();
        IAuthorizationRequestStore store = OpenAgain();
        await using AsyncServiceScope scope = _nodes[0].CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<RequestsDb>().Database.EnsureCreatedAsync();
        return store;
    }

    protected override IAuthorizationRequestStore OpenAgain()
    {
        _nodes.Add(RequestsDb.NewNode(Use, Clock));
        return RequestsDb.StoreOf(_nodes[^1]);
    }

    protected abstract Task CreateDatabaseAsync();

    protected abstract void Use(DbContextOptionsBuilder options);

    private Task<int> CountAsync() => ReadAsync(static rows => rows.CountAsync());

    private async Task<T> ReadAsync<T>(Func<IQueryable<Dictionary<string, object>>, Task<T>> read)
    {
        await using AsyncServiceScope scope = _nodes[0].CreateAsyncScope();
        return await read(scope.ServiceProvider.GetRequiredService<RequestsDb>().Set<Dictionary<string, object>>("TokenLifecycle.AuthorizationRequest").IgnoreQueryFilters());
    }
}
