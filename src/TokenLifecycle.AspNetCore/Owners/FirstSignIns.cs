using System.Collections.Concurrent;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Lets one of many first sign-ins of an account create its user, on all nodes that share the store; the others get the same user
/// (FS-9).
/// </summary>
internal sealed class FirstSignIns(IAuthorizationRequestStore store, IDataProtectionProvider protection, IOptionsMonitor<TokenLifecycleOptions> lifecycle, TimeProvider time)
{
    private const int MostAttempts = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly IDataProtector _protector = protection.CreateProtector("TokenLifecycle.AspNetCore.FirstSignIn.v1");
    private readonly AppDeadline _deadline = new(time);

    // Wakes those who wait in this process at once; those on other nodes look at the store.
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _ended = new(StringComparer.Ordinal);

    /// <summary>Creates the user, or returns whom another sign-in of the account has created.</summary>
    /// <param name="account">The hash of the account.</param>
    /// <param name="patience">How long creating a user may take.</param>
    /// <param name="create">Creates the user.</param>
    /// <exception cref="Exception">It could not be found out which user it is.</exception>
    public async Task<string?> CreateOnceAsync(string account, TimeSpan patience, Func<Task<string?>> create)
    {
        // An attempt that failed is over: the next one has a separate claim.
        for (int attempt = 1; attempt <= MostAttempts; attempt++)
        {
            string id = RequestHash.OfFirstSignIn(account, attempt);
            AuthorizationRedemption take = await AskAsync(cancel => store.TryRedeemAsync(id, account, time.GetUtcNow() + (patience * 3), cancel)).ConfigureAwait(false);
            if (take.Kind == AuthorizationRedemptionKind.Taken)
                return await CreateAsync(id, create).ConfigureAwait(false);
            FirstSignIn other = await WaitAsync(id, account, patience * 2).ConfigureAwait(false);
            if (!other.HasFailed)
                return other.UserId;
        }

        throw new InvalidOperationException("The user could not be created in several attempts.");
    }

    private async Task<string?> CreateAsync(string id, Func<Task<string?>> create)
    {
        string? user;
        try
        {
            user = await create().ConfigureAwait(false);
        }
        catch (Exception)
        {
            await NoteAsync(id, new FirstSignIn { HasFailed = true }).ConfigureAwait(false);
            throw;
        }

        await NoteAsync(id, new FirstSignIn { UserId = user }).ConfigureAwait(false);
        return user;
    }

    private async Task<FirstSignIn> WaitAsync(string id, string account, TimeSpan longest)
    {
        long begun = time.GetTimestamp();
        TaskCompletionSource ended = _ended.GetOrAdd(id, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            while (true)
            {
                bool hasEnded = ended.Task.IsCompleted; // Before the read, which then sees what was stored.
                string? text = await AskAsync(cancel => store.FindOutcomeAsync(id, account, cancel)).ConfigureAwait(false);
                if (ProtectedText.Unprotect(_protector, text, AuthorizationJson.Default.FirstSignIn) is { } outcome)
                    return outcome;
                if (hasEnded || time.GetElapsedTime(begun) > longest)
                    throw new TimeoutException("Another sign-in of the same account is creating its user and has not finished.");
                await Task.WhenAny(ended.Task, Task.Delay(Pause, time, CancellationToken.None)).ConfigureAwait(false);
            }
        }
        finally
        {
            _ended.TryRemove(new(id, ended));
        }
    }

    private async Task NoteAsync(string id, FirstSignIn outcome)
    {
        try
        {
            string text = ProtectedText.Protect(_protector, outcome, AuthorizationJson.Default.FirstSignIn);
            await AskAsync(async cancel =>
            {
                await store.SetOutcomeAsync(id, text, cancel).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
        }
        finally
        {
            if (_ended.TryRemove(id, out TaskCompletionSource? ended))
                ended.TrySetResult();
        }
    }

    private Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> call) => _deadline.RunAsync("The store of authorization requests", lifecycle.CurrentValue.SaveTimeout, call);
}
