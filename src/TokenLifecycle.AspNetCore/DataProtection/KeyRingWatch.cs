using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Hosting;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Fails the start if the keys will not do, and sees to it that nodes which start for the first time at once read each other's tokens
/// (F44).
/// </summary>
/// <remarks>
/// On an empty ring each such node makes a key, and knows of those that were there when it looked. ASP.NET Core looks again for a key that
/// it does not know, but only in the first two minutes of a process; afterwards it may take a day. So this node asks for a key that does
/// not exist, once the others have certainly created theirs.
/// </remarks>
internal sealed class KeyRingWatch(IDataProtectionProvider provider, KeyRingCheck check, TimeProvider time) : IHostedService, IDisposable
{
    /// <summary>
    /// When the keys are looked at again: long after the slowest of several nodes has made its own, well within the two minutes.
    /// </summary>
    public static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(60);

    // A protected text begins with four bytes that say what it is; then comes the id of its key.
    private const int KeyIdAt = 4;
    private const int KeyIdSize = 16;

    private readonly IDataProtector _protector = provider.CreateProtector("TokenLifecycle.AspNetCore.KeyRingWatch");
    private ITimer? _timer;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (check.Problems() is { Count: > 0 } problems)
            throw new TokenStoreNotReadyException(problems);

        byte[] probe;
        try
        {
            probe = _protector.Protect([]);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            throw new TokenStoreNotReadyException(
                [new TokenStoreProblem("Data Protection keys", $"They cannot be read or made: {failure.Message}", "See that the place given to AddDataProtection().PersistKeysTo... can be read and written by this app.")], failure);
        }

        if (probe.Length >= KeyIdAt + KeyIdSize)
            _timer = time.CreateTimer(_ => LookAgain(probe), state: null, LookAgainAfter, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();

    private void LookAgain(byte[] probe)
    {
        Guid.NewGuid().TryWriteBytes(probe.AsSpan(KeyIdAt, KeyIdSize));
        try
        {
            _protector.Unprotect(probe);
        }
        catch (CryptographicException)
        {
            // No process has that key: that is what made the framework look.
        }
        catch (Exception)
        {
            // The place cannot be read now, whatever kind of place it is; the framework looks again when it needs to. Thrown from a timer
            // it would end the process.
        }
    }
}
