using System.Threading.Channels;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Tests.Changes;

/// <summary>Passes on what a process is told, and lets a test wait until it has been.</summary>
internal sealed class HeardChanges(ITokenCacheInvalidator inner) : ITokenCacheInvalidator
{
    private readonly Channel<TokenInvalidation?> _heard = Channel.CreateUnbounded<TokenInvalidation?>();

    public void Invalidate(TokenInvalidation change)
    {
        inner.Invalidate(change);
        _heard.Writer.TryWrite(change);
    }

    public void OutdateAll()
    {
        inner.OutdateAll();
        _heard.Writer.TryWrite(null);
    }

    /// <summary>Waits until listening has begun, or has begun again.</summary>
    public async Task ListeningAsync()
    {
        while (await _heard.Reader.ReadAsync() is not null)
        {
            // Of connections, and before.
        }
    }

    /// <summary>Waits until something was told of a connection that outdates a version of it.</summary>
    public async Task ChangedAsync(TokenKey key, long version)
    {
        string fingerprint = TokenInvalidation.FingerprintOf(key);
        while (await _heard.Reader.ReadAsync() is not { } change || change.KeyFingerprint != fingerprint || change.Before <= version)
        {
            // Of others, or what was known.
        }
    }
}
