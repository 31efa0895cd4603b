using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Claims the code of a callback that is refused for the state that it came with: the code was seen by others, and nothing has spent it
/// (FS-8).
/// From strangers only so many in a time, so that no flood of them fills a store.
/// </summary>
internal sealed class RefusedCodes(
    PendingRequests pending, AttemptCookies attempts, BrowserCookie cookie, IOptionsMonitor<OAuthProviderOptions> settings, TimeProvider time, ILogger<ConnectionFlow> logger)
{
    private const int PerSecond = 5;
    private const int Most = 100;

    private readonly Lock _lock = new();
    private double _left = Most;
    private long _at = time.GetTimestamp();

    /// <summary>Never throws: the request is refused anyway.</summary>
    public async Task ClaimAsync(HttpContext context, string provider, AuthorizationResponse response)
    {
        if (response.State is not { Length: RequestHash.Length } state || response.WithCodeFrom(settings.Get(provider).CallbackCodeParameter).Code is not { } code)
            return;
        try
        {
            string id = RequestHash.OfState(state);
            bool isOfBrowser = cookie.Read(context) is { } browser && attempts.Find(context, id, browser) is not null;
            if (isOfBrowser || TakesStranger())
                await pending.ClaimRefusedCodeAsync(code, id).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            WebLog.CodeNotClaimed(logger, failure, provider);
        }
    }

    private bool TakesStranger()
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            _left = Math.Min(Most, _left + (time.GetElapsedTime(_at, now).TotalSeconds * PerSecond));
            _at = now;
            if (_left < 1)
                return false;
            _left--;
            return true;
        }
    }
}
