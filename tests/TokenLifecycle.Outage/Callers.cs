using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Outage;

/// <summary>Users of the app who want tokens whatever the provider does.</summary>
internal sealed class Callers(ITokenManager tokens, ITokenStore store, SimulatedAuthorizationServer server, ManualTimeProvider clock, Random random)
{
    private readonly List<Task> _waiting = [];
    private int _served;
    private int _late;
    private int _wrong;
    private int _denied;
    private int _reauthorizations;

    /// <summary>Got a token.</summary>
    public int Served => _served;

    /// <summary>Were told to try again later, because their token had ended.</summary>
    public int Late => _late;

    /// <summary>Were told so although their token lived.</summary>
    public int Denied => _denied;

    /// <summary>Got a token that had ended, or that the server does not take.</summary>
    public int Wrong => _wrong;

    /// <summary>Were told to connect again.</summary>
    public int Reauthorizations => _reauthorizations;

    public void Ask(int connections, int calls)
    {
        _waiting.RemoveAll(static call => call.IsCompleted);
        for (int call = 0; call < calls; call++)
            _waiting.Add(AskAsync(OutageRun.KeyOf(random.Next(connections))));
    }

    public Task WhenAnsweredAsync() => Task.WhenAll(_waiting);

    private async Task AskAsync(TokenKey key)
    {
        DateTimeOffset? end = (await store.FindAsync(key, CancellationToken.None))!.Tokens.ExpiresAt;
        try
        {
            AccessToken token = await tokens.GetAccessTokenAsync(key);
            Interlocked.Increment(ref _served);
            if (token.ExpiresAt <= clock.GetUtcNow() || !server.IsLive(token.Value))
                Interlocked.Increment(ref _wrong);
        }
        catch (TokenTemporarilyUnavailableException)
        {
            Interlocked.Increment(ref end > clock.GetUtcNow() ? ref _denied : ref _late);
        }
        catch (ReauthorizationRequiredException)
        {
            Interlocked.Increment(ref _reauthorizations);
        }
    }
}
