using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Ties forms and attempts to the browser that was given them (CB-2). One cookie of one fixed size: nothing in it is counted or
/// believed, only hashed and
/// compared.
/// </summary>
internal sealed class BrowserCookie(PublicAddresses addresses)
{
    private const string Name = "TokenLifecycle.Browser";
    private const int Octets = 32;
    private const int Length = 43;

    // Long enough for a page that stays open, renewed by each page. Not a session cookie: a phone drops those while the user is at the
    // provider.
    private static readonly TimeSpan Life = TimeSpan.FromDays(1);

    private static readonly object Given = new();

    /// <summary>The cookie's value; null if there is none that we could have written.</summary>
    public string? Read(HttpContext context) =>
        context.Request.Cookies[NameFor(context)] is { Length: Length } value && Base64Url.IsValid(value) ? value : null;

    /// <summary>Makes sure there is one, and that it outlives a request that begins now and the page that shows the result.</summary>
    public string Ensure(HttpContext context)
    {
        if (context.Items[Given] is string given)
            return given;
        string value = Read(context) ?? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Octets));
        context.Items[Given] = value;
        context.Response.Cookies.Append(NameFor(context), value, new CookieOptions
        {
            HttpOnly = true,
            Secure = addresses.IsSecure(context.Request),
            SameSite = SameSiteMode.Lax, // Strict would not come back from a provider's page, and a new one would take its place.
            Path = "/",
            MaxAge = Life,
            IsEssential = true,
        });
        return value;
    }

    // A browser takes the prefix over TLS only; it keeps a neighbour on a subdomain from planting a cookie.
    private string NameFor(HttpContext context) => addresses.IsSecure(context.Request) ? "__Host-" + Name : Name;
}
