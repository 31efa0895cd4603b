using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TokenLifecycle.AspNetCore;

/// <summary>Hashes of what must not be in a store or a name: 43 characters, of separate kinds.</summary>
internal static class RequestHash
{
    public const int Length = 43;

    public static string OfState(string state) => Of("state", state);

    public static string OfBrowser(string browser) => Of("browser", browser);

    /// <summary>Without the provider, so that a code is the same one at another provider's callback.</summary>
    public static string OfCode(string code) => Of("code", code);

    /// <summary>The one code that a refused callback may claim for a state.</summary>
    public static string OfFirstCode(string state) => Of("first code", state);

    public static string OfAccount(string? tenant, string provider, string issuer, string account) => Of("account", $"{tenant}\0{provider}\0{issuer}\0{account}");

    public static string OfFirstSignIn(string account, int attempt) => Of("first sign-in", $"{account}\0{attempt.ToString(CultureInfo.InvariantCulture)}");

    private static string Of(string kind, string value) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}\0{value}")));
}
