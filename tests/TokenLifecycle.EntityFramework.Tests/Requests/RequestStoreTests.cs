using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests.Requests;

/// <summary>The contract, and what is only to be seen in the table.</summary>
public abstract class RequestStoreTests : AuthorizationRequestStoreContract
{
    private readonly List<ServiceProvider> _nodes = [];

    protected override int Flood => 60;

    [Fact]
    public async Task Rows_that_have_expired_are_swept_away_in_bounded_batches()
    {
        IAuthorizationRequestStore store = OpenAgain();
        for (int i = 0; i < 150; i++)
            await RequestsDb.TakeAsync(store, $"old {i}", Clock.GetUtcNow());
        Clock.Advance(TimeSpan.FromMinutes(10));

        await RequestsDb.TakeAsync(store, "new", Clock.GetUtcNow());
        int afterOne = await CountAsync();
        await RequestsDb.TakeAsync(store, "newer", Clock.GetUtcNow());

        afterOne.Should().Be(51);
        (await CountAsync()).Should().Be(2);
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
