using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>Holds a posted response between the provider's POST and our own GET, in a cookie that only we can read or write.</summary>
internal sealed class PostedResponses(IDataProtectionProvider protection, PublicAddresses addresses)
{
    private const string Name = "TokenLifecycle.Response";

    // Browsers drop larger cookies silently.
    private const int MaxCookie = 3800;
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private readonly IDataProtector _protector = protection.CreateProtector("TokenLifecycle.AspNetCore.PostedResponse.v1");

    public void Put(HttpContext context, string provider, string body)
    {
        string value = Base64Url.EncodeToString(_protector.CreateProtector(provider).Protect(Encoding.UTF8.GetBytes(body)));
        if (value.Length > MaxCookie)
            throw new BadHttpRequestException("The response is larger than a browser can hold for us.", StatusCodes.Status413PayloadTooLarge);
        context.Response.Cookies.Append(NameFor(context), value, Options(context, Life));
    }

    /// <summary>The response, once; null if there is none.</summary>
    public string? Take(HttpContext context, string provider)
    {
        if (context.Request.Cookies[NameFor(context)] is not { Length: <= MaxCookie } value || !Base64Url.IsValid(value))
            return null;
        context.Response.Cookies.Delete(NameFor(context), Options(context, life: null));
        try
        {
            return Encoding.UTF8.GetString(_protector.CreateProtector(provider).Unprotect(Base64Url.DecodeFromChars(value)));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private CookieOptions Options(HttpContext context, TimeSpan? life) => new()
    {
        HttpOnly = true,
        Secure = addresses.IsSecure(context.Request),
        SameSite = SameSiteMode.Lax,
        Path = "/",
        MaxAge = life,
        IsEssential = true,
    };

    private string NameFor(HttpContext context) => addresses.IsSecure(context.Request) ? "__Host-" + Name : Name;
}
