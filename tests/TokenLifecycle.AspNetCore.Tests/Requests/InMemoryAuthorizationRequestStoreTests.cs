using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore.Tests.Requests;

public sealed class InMemoryAuthorizationRequestStoreTests : AuthorizationRequestStoreContract
{
    public override Task DisposeAsync() => Task.CompletedTask;

    protected override Task<IAuthorizationRequestStore> CreateStoreAsync() => Task.FromResult<IAuthorizationRequestStore>(new InMemoryAuthorizationRequestStore(Clock));
}
