using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Keeps the attempts of a browser in the browser: one encrypted cookie each, sent to the provider's own endpoints only. The server
/// keeps nothing before a
/// code arrives, so there is nothing that a flood of starts could fill (FS-4).
/// </summary>
internal sealed class AttemptCookies(IDataProtectionProvider protection, PublicAddresses addresses, IOptions<TokenLifecycleWebOptions> options, TimeProvider time)
{
    private const string Name = "TokenLifecycle.Attempt.";
    private const int NameCharacters = 16;

    // Browsers drop a larger cookie silently, and proxies refuse a request with too many of them (DL-5).
    private const int MaxCookie = 3800;
    private const int MaxTogether = 3072;

    private readonly IDataProtector _protector = protection.CreateProtector("TokenLifecycle.AspNetCore.AuthorizationRequest.v2");

    /// <summary>Gives the browser a new attempt. Its oldest ones make room.</summary>
    public void Put(HttpContext context, AuthorizationState flow)
    {
        string value = ProtectedText.Protect(ProtectorOf(flow.Id, flow.Browser), flow, AuthorizationJson.Default.AuthorizationState);
        if (value.Length > MaxCookie)
            throw new BadHttpRequestException("The return address and the scopes are longer than a browser can hold for us.", StatusCodes.Status414UriTooLong);

        // Browsers send the oldest first.
        KeyValuePair<string, string>[] kept = [.. context.Request.Cookies.Where(cookie => cookie.Key.StartsWith(PrefixFor(context), StringComparison.Ordinal))];
        int size = value.Length + kept.Sum(static cookie => cookie.Value.Length);
        for (int i = 0; i < kept.Length && (kept.Length - i >= options.Value.MaxPendingPerBrowser || size > MaxTogether); i++)
        {
            size -= kept[i].Value.Length;
            context.Response.Cookies.Delete(kept[i].Key, Options(context, flow.Provider, life: null));
        }

        context.Response.Cookies.Append(NameFor(context, flow.Id), value, Options(context, flow.Provider, options.Value.RequestLifetime));
    }

    /// <summary>The attempt that a callback belongs to; null if this browser has none.</summary>
    /// <param name="context">The request.</param>
    /// <param name="id">The hash of the state that came back.</param>
    /// <param name="browser">The browser's cookie.</param>
    public AuthorizationState? Find(HttpContext context, string id, string browser)
    {
        if (context.Request.Cookies[NameFor(context, id)] is not { Length: <= MaxCookie } value)
            return null;
        string owner = RequestHash.OfBrowser(browser);
        return ProtectedText.Unprotect(ProtectorOf(id, owner), value, AuthorizationJson.Default.AuthorizationState) is { } flow && ExpiryOf(flow) > time.GetUtcNow()
            ? flow with { Id = id, Browser = owner }
            : null;
    }

    public DateTimeOffset ExpiryOf(AuthorizationState flow) => flow.CreatedAt + options.Value.RequestLifetime;

    public void Remove(HttpContext context, AuthorizationState flow) => context.Response.Cookies.Delete(NameFor(context, flow.Id), Options(context, flow.Provider, life: null));

    /// <summary>Under any other state or in any other browser, the text can't be read.</summary>
    private IDataProtector ProtectorOf(string id, string browser) => _protector.CreateProtector(id).CreateProtector(browser);

    // A cookie of a neighbour on a subdomain could have this name, but not this content: it is bound to the browser's own cookie, which
    // no neighbour can write.
    private string PrefixFor(HttpContext context) => (addresses.IsSecure(context.Request) ? "__Secure-" : "") + Name;

    private string NameFor(HttpContext context, string id) => PrefixFor(context) + id[..NameCharacters];

    private CookieOptions Options(HttpContext context, string provider, TimeSpan? life) => new()
    {
        HttpOnly = true,
        Secure = addresses.IsSecure(context.Request),
        SameSite = SameSiteMode.Lax,
        Path = addresses.OfProvider(provider),
        MaxAge = life,
        IsEssential = true,
    };
}
