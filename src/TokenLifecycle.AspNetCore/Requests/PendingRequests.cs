using System.Collections.Concurrent;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// The store of redeemed requests, seen with outcomes in the clear: hashes and encrypts on the way in, decrypts on the way out.
/// </summary>
internal sealed class PendingRequests(
    IAuthorizationRequestStore store, IDataProtectionProvider protection, IOptions<TokenLifecycleWebOptions> options, IOptionsMonitor<TokenLifecycleOptions> lifecycle, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly IDataProtector _outcomes = protection.CreateProtector("TokenLifecycle.AspNetCore.AuthorizationOutcome.v1");
    private readonly AppDeadline _deadline = new(time);

    // Wakes those who wait in this process at once; those on other nodes look at the store. Only who waits has an entry, for as long as
    // they wait: the state is anybody's to name.
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _ended = new(StringComparer.Ordinal);

    /// <summary>How many requests are waited for in this process.</summary>
    public int WaitedFor => _ended.Count;

    /// <summary>Redeems an attempt: only one call ever does. For the others there is the outcome, if it is known.</summary>
    public async Task<(AuthorizationRedemptionKind Kind, AuthorizationResult? Outcome)> TakeAsync(AuthorizationState flow, DateTimeOffset expiresAt)
    {
        AuthorizationRedemption take = await AskAsync(cancel => store.TryRedeemAsync(flow.Id, flow.Browser, expiresAt, cancel)).ConfigureAwait(false);
        return (take.Kind, take.Kind == AuthorizationRedemptionKind.TakenBefore ? ProtectedText.Unprotect(_outcomes, take.Outcome, AuthorizationJson.Default.AuthorizationResult) : null);
    }

    /// <summary>
    /// Claims a code for the state that it came with. Returns whether it belongs to it: a code belongs to the first state that it was
    /// seen with (FS-8).
    /// </summary>
    public async Task<bool> ClaimCodeAsync(string code, string id) =>
        (await AskAsync(cancel => store.TryRedeemAsync(RequestHash.OfCode(code), id, time.GetUtcNow() + options.Value.RequestLifetime, cancel)).ConfigureAwait(false)).Kind
        != AuthorizationRedemptionKind.TakenByAnother;

    /// <summary>
    /// Claims the code of a callback that was refused. One for each state, so that repeating a callback with other codes stores
    /// nothing.
    /// </summary>
    public async Task ClaimRefusedCodeAsync(string code, string id)
    {
        DateTimeOffset expiresAt = time.GetUtcNow() + options.Value.RequestLifetime;
        AuthorizationRedemption first = await AskAsync(cancel => store.TryRedeemAsync(RequestHash.OfFirstCode(id), RequestHash.OfCode(code), expiresAt, cancel)).ConfigureAwait(false);
        if (first.Kind == AuthorizationRedemptionKind.Taken)
            await ClaimCodeAsync(code, id).ConfigureAwait(false);
    }

    public async Task NoteAsync(string id, AuthorizationResult outcome)
    {
        try
        {
            string text = ProtectedText.Protect(_outcomes, outcome, AuthorizationJson.Default.AuthorizationResult);
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

    public async Task<AuthorizationResult?> FindOutcomeAsync(string id, string browser) => ProtectedText.Unprotect(
        _outcomes, await AskAsync(cancel => store.FindOutcomeAsync(id, RequestHash.OfBrowser(browser), cancel)).ConfigureAwait(false), AuthorizationJson.Default.AuthorizationResult);

    /// <summary>
    /// Waits for the callback that redeemed the request, here or on another node; null if it has not finished within the time or the
    /// caller has gone.
    /// </summary>
    public async Task<AuthorizationResult?> WaitForOutcomeAsync(string id, string browser, TimeSpan longest, CancellationToken gone)
    {
        using var end = new CancellationTokenSource(longest, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(end.Token, gone);
        TaskCompletionSource ended = EndOf(id);
        try
        {
            while (!both.IsCancellationRequested)
            {
                if (await FindOutcomeAsync(id, browser).ConfigureAwait(false) is { } outcome)
                    return outcome;
                await Task.WhenAny(ended.Task, Task.Delay(Pause, time, both.Token)).ConfigureAwait(false);
                if (ended.Task.IsCompleted)
                    return await FindOutcomeAsync(id, browser).ConfigureAwait(false);
            }

            return null;
        }
        finally
        {
            _ended.TryRemove(new(id, ended));
        }
    }

    /// <summary>A store that hangs must not block the browser permanently.</summary>
    private Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> call) => _deadline.RunAsync("The store of authorization requests", lifecycle.CurrentValue.SaveTimeout, call);

    private TaskCompletionSource EndOf(string id) => _ended.GetOrAdd(id, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
