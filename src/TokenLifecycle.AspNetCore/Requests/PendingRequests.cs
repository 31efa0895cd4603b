using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore;

/// <summary>The store of pending requests, seen with the secrets in the clear: hashes and encrypts on the way in, decrypts on the way out.</summary>
internal sealed class PendingRequests(
    IAuthorizationRequestStore store, IDataProtectionProvider protection, IOptions<TokenLifecycleWebOptions> options, IOptionsMonitor<TokenLifecycleOptions> lifecycle, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // Separate purposes: nothing that another part of the app protected is taken for a request, nor the reverse (ST-4, CVE-2023-48309).
    private readonly IDataProtector _states = protection.CreateProtector("TokenLifecycle.AspNetCore.AuthorizationRequest.v1");
    private readonly IDataProtector _outcomes = protection.CreateProtector("TokenLifecycle.AspNetCore.AuthorizationOutcome.v1");
    private readonly AppDeadline _deadline = new(time);

    // Wakes those who wait in this process at once; those on other nodes look at the store. Only who waits has an entry, for as long as they wait: the state is anybody's to name.
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _ended = new(StringComparer.Ordinal);

    /// <summary>How many requests are waited for in this process.</summary>
    public int WaitedFor => _ended.Count;

    public static string IdOf(string state) => Hash("state", state);

    /// <summary>Whether it was kept; false if there are too many of all users together.</summary>
    public Task<bool> TryAddAsync(AuthorizationRequest request, AuthorizationState flow, string browser, string owner)
    {
        TokenLifecycleWebOptions o = options.Value;
        DateTimeOffset now = time.GetUtcNow();
        var row = new PendingAuthorization
        {
            Id = IdOf(request.State),
            BrowserId = Hash("browser", browser),
            OwnerId = Hash("owner", owner),
            Payload = Protect(_states, flow, AuthorizationJson.Default.AuthorizationState),
            CreatedAt = now,
            ExpiresAt = now + o.RequestLifetime,
        };
        return AskAsync(cancel => store.TryAddAsync(row, new AuthorizationRequestBounds(o.MaxPendingPerBrowser, o.MaxPendingPerUser, o.MaxPending), cancel));
    }

    /// <summary>The request, if it is this caller's to finish; else what became of it, if it was here before; else nothing at all.</summary>
    public async Task<(AuthorizationRedemptionKind Kind, AuthorizationState? Flow, AuthorizationResult? Outcome)> TakeAsync(string id, string browser)
    {
        AuthorizationRedemption take = await AskAsync(cancel => store.TryRedeemAsync(id, Hash("browser", browser), cancel)).ConfigureAwait(false);
        return take.Kind switch
        {
            AuthorizationRedemptionKind.Taken => Unprotect(_states, take.Payload, AuthorizationJson.Default.AuthorizationState) is { } flow
                ? (AuthorizationRedemptionKind.Taken, flow, null)
                : (AuthorizationRedemptionKind.Unknown, null, null),
            AuthorizationRedemptionKind.TakenBefore => (AuthorizationRedemptionKind.TakenBefore, null, Unprotect(_outcomes, take.Outcome, AuthorizationJson.Default.AuthorizationResult)),
            _ => (AuthorizationRedemptionKind.Unknown, null, null),
        };
    }

    public async Task NoteAsync(string id, AuthorizationResult outcome)
    {
        try
        {
            string text = Protect(_outcomes, outcome, AuthorizationJson.Default.AuthorizationResult);
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

    public async Task<AuthorizationResult?> FindOutcomeAsync(string id, string browser) =>
        Unprotect(_outcomes, await AskAsync(cancel => store.FindOutcomeAsync(id, Hash("browser", browser), cancel)).ConfigureAwait(false), AuthorizationJson.Default.AuthorizationResult);

    /// <summary>Waits for the callback that took the request, here or on another node; null if it has not finished within the time or the caller has gone.</summary>
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
    private Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> call) => _deadline.RunAsync("The store of pending authorization requests", lifecycle.CurrentValue.SaveTimeout, call);

    private TaskCompletionSource EndOf(string id) => _ended.GetOrAdd(id, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private static string Hash(string kind, string value) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}\0{value}")));

    private static string Protect<T>(IDataProtector protector, T value, JsonTypeInfo<T> type) =>
        Base64Url.EncodeToString(protector.Protect(JsonSerializer.SerializeToUtf8Bytes(value, type)));

    // A row that cannot be read does not count as a request: the keys were lost, or the row was forged.
    private static T? Unprotect<T>(IDataProtector protector, string? text, JsonTypeInfo<T> type)
        where T : class
    {
        if (text is null || !Base64Url.IsValid(text))
            return null;
        try
        {
            return JsonSerializer.Deserialize(protector.Unprotect(Base64Url.DecodeFromChars(text)), type);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or JsonException)
        {
            return null;
        }
    }
}
