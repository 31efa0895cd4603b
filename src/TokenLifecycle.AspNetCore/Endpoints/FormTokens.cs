using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Proves that a form came from a page of this library, in the same browser and for the same user. The app's own antiforgery cookie is
/// not touched: a
/// page that a provider leads to must not replace it while the app's forms are open in other tabs (FS-12).
/// </summary>
internal sealed class FormTokens(IDataProtectionProvider protection, BrowserCookie cookie, ICurrentTokenUser user)
{
    public const string Field = "tokenlifecycle_form";
    private const int MaxLength = 2048;

    private readonly IDataProtector _protector = protection.CreateProtector("TokenLifecycle.AspNetCore.Form.v1");

    public string New(HttpContext context) => Base64Url.EncodeToString(_protector.Protect(ContentOf(cookie.Ensure(context))));

    public bool IsValid(HttpContext context, string? token)
    {
        if (token is not { Length: > 0 and <= MaxLength } || !Base64Url.IsValid(token) || cookie.Read(context) is not { } browser)
            return false;
        try
        {
            return CryptographicOperations.FixedTimeEquals(_protector.Unprotect(Base64Url.DecodeFromChars(token)), ContentOf(browser));
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    // The hash has one length, so that nothing else reads alike.
    private byte[] ContentOf(string browser) => Encoding.UTF8.GetBytes(RequestHash.OfBrowser(browser) + user.UserId);
}
