using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Tests.Storage;

public sealed class FileTokenStoreTests : TokenStoreContract, IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override Task<ITokenStore> CreateStoreAsync(TimeProvider clock) => Task.FromResult<ITokenStore>(new FileTokenStore(_folder.Path, clock));

    protected override Task<ITokenStore?> OpenAgainAsync(TimeProvider clock) => Task.FromResult<ITokenStore?>(new FileTokenStore(_folder.Path, clock));

    protected override Task<bool> SpoilRowAsync(TokenKey key)
    {
        _folder.Cut(key, 5);
        return Task.FromResult(true);
    }
}
