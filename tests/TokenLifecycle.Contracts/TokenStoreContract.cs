using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Contracts;

/// <summary>
/// What every <see cref="ITokenStore"/> must do. A store's test class derives from this and says how to make the store; where a store can do more
/// (be opened twice, hold unreadable rows), it says so by the virtual hooks, and the tests that need this then mean something.
/// </summary>
public abstract partial class TokenStoreContract
{
    protected static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    /// <summary>The clock that <see cref="CreateStoreAsync"/> gets.</summary>
    protected ContractClock Clock { get; } = new();

    /// <summary>Makes a store on empty storage. Called once per test.</summary>
    protected abstract Task<ITokenStore> CreateStoreAsync(TimeProvider clock);

    /// <summary>
    /// A second store, as another process would have it, on the storage of the one made before; with that process's own clock.
    /// <see langword="null"/> if the store cannot be shared.
    /// </summary>
    protected virtual Task<ITokenStore?> OpenAgainAsync(TimeProvider clock) => Task.FromResult<ITokenStore?>(null);

    /// <summary>Whether the storage itself has the clock of the leases, as a database does, so that a process with a wrong clock does no harm.</summary>
    protected virtual bool StorageHasItsOwnClock => false;

    /// <summary>Moves the clock that decides leases.</summary>
    protected virtual Task AdvanceStoreClockAsync(TimeSpan by)
    {
        Clock.Advance(by);
        return Task.CompletedTask;
    }

    /// <summary>Damages a row so that it cannot be read. <see langword="false"/> if this store has no such rows.</summary>
    protected virtual Task<bool> SpoilRowAsync(TokenKey key) => Task.FromResult(false);

    /// <summary>Whether a list tells rows that cannot be read from others. It reads nothing secret, so a row that cannot be decrypted looks like any other there.</summary>
    protected virtual bool ListTellsUnreadableRows => true;

    protected static CancellationToken None => CancellationToken.None;

    protected static TokenKey NewKey() => new("strava", $"user-{Guid.NewGuid():N}");

    protected static StoredToken NewToken(TokenKey key, string? refreshToken = null, string? accessToken = null) => new()
    {
        Key = key,
        Tokens = new TokenSet { AccessToken = accessToken ?? Canary.New("at"), RefreshToken = refreshToken ?? Canary.New("rt") },
        ReceivedAt = new DateTimeOffset(2026, 11, 2, 11, 0, 0, TimeSpan.Zero),
    };

    protected static async Task<StoredToken> SaveNewAsync(ITokenStore store, TokenKey key)
    {
        SaveResult result = await store.SaveAsync(NewToken(key), StoredToken.Unsaved, None);
        result.IsSaved.Should().BeTrue();
        return result.Token!;
    }

    protected static async Task<StoredToken> FoundAsync(ITokenStore store, TokenKey key)
    {
        StoredToken? found = await store.FindAsync(key, None);
        found.Should().NotBeNull();
        return found!;
    }

    protected static RefreshCompletion Ending(bool takeBack = false, string? errorCode = null) => new()
    {
        RefreshTokenNotUsed = takeBack,
        Failure = new TokenFailure
        {
            Kind = TokenFailureKind.ProviderUnavailable,
            At = new DateTimeOffset(2026, 11, 2, 12, 0, 5, TimeSpan.Zero),
            FirstAt = new DateTimeOffset(2026, 11, 2, 11, 0, 5, TimeSpan.Zero),
            Attempts = 3,
            ErrorCode = errorCode,
            HttpStatus = 503,
        },
    };

    /// <summary>The other process, or the same store where there can be none.</summary>
    private async Task<ITokenStore> OtherHandleAsync(ITokenStore store) => await OpenAgainAsync(Clock) ?? store;
}
