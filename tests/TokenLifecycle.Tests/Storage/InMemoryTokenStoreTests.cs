using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Tests.Storage;

public sealed class InMemoryTokenStoreTests : TokenStoreContract
{
    protected override Task<ITokenStore> CreateStoreAsync(TimeProvider clock) => Task.FromResult<ITokenStore>(new InMemoryTokenStore(clock));
}
