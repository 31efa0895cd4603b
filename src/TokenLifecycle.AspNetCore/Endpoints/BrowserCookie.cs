using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Ties a pending request to the browser that began it (CB-2). One cookie of one fixed size, however many attempts there are (DL-5): nothing in it is
/// counted or believed, only hashed and compared.
/// </summary>
internal sealed class BrowserCookie(PublicAddresses addresses, IOptions<TokenLifecycleWebOptions> options)
{
    private const string Name = "TokenLifecycle.Browser";
    private const int Octets = 32;
    private const int Length = 43;

    /// <summary>The cookie's value; null if there is none that we could have written.</summary>
    public string? Read(HttpContext context) =>
        context.Request.Cookies[NameFor(context)] is { Length: Length } value && Base64Url.IsValid(value) ? value : null;

    /// <summary>Makes sure there is one, and that it outlives a request that begins now and the page that shows the result.</summary>
    public string Ensure(HttpContext context)
    {
        string value = Read(context) ?? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Octets));
        bool isSecure = addresses.IsSecure(context.Request);
        context.Response.Cookies.Append(NameFor(context), value, new CookieOptions
        {
            HttpOnly = true,
            Secure = isSecure,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            MaxAge = options.Value.RequestLifetime * 2,
            IsEssential = true,
        });
        return value;
    }

    // A browser takes the prefix over TLS only; it keeps a neighbour on a subdomain from planting a cookie.
    private string NameFor(HttpContext context) => addresses.IsSecure(context.Request) ? "__Host-" + Name : Name;
}
