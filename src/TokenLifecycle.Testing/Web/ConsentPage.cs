using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace TokenLifecycle.Testing.Web;

/// <summary>The page on which the user agrees or does not.</summary>
internal static class ConsentPage
{
    public const string DecisionField = "decision";
    public const string Allow = "allow";
    public const string Deny = "deny";

    private const string Style =
        ":root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}body{margin:0;background:#eef1f6;color:#171c28}" +
        "main{max-width:26rem;margin:8vh auto 0;padding:1.75rem;background:#fff;border-radius:.9rem;border:1px solid #d9dfeb}" +
        "h1{margin:0 0 .5rem;font-size:1.5rem}fieldset{border:1px solid #d9dfeb;border-radius:.6rem;margin:1rem 0;padding:.5rem 1rem}p{margin:.5rem 0}" +
        "button{font:inherit;padding:.5rem 1.5rem;min-height:2.75rem;border-radius:.6rem;border:1px solid #4f5a70;background:transparent;color:inherit;margin-right:.5rem}" +
        "@media(prefers-color-scheme:dark){body{background:#10141d;color:#eef1f7}main{background:#1a202d;border-color:#303a4d}fieldset{border-color:#303a4d}}";

    private static readonly string Policy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; frame-ancestors 'none'";

    public static string ScopeField(int index) => $"scope-{index}";

    public static Reply For(Dialect dialect, SimulatedUser user, IReadOnlyList<string> scopes, string action)
    {
        string choices = string.Concat(scopes.Select((scope, index) => Choice(ScopeField(index), WebUtility.HtmlEncode(scope))));
        string page = $"""
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Allow access?</title><style>{Style}</style></head>
            <body>
            <main>
            <h1>Allow access?</h1>
            <p>Simulated {dialect}. You are signed in as {WebUtility.HtmlEncode(user.Name)}.</p>
            <form method="post" action="{WebUtility.HtmlEncode(action)}">
            <fieldset>
            <legend>The app asks for</legend>
            {choices}</fieldset>
            <button name="{DecisionField}" value="{Allow}">Allow</button>
            <button name="{DecisionField}" value="{Deny}">Deny</button>
            </form>
            </main>
            </body>
            </html>

            """;
        return Reply.Html(200, page).With("Cache-Control", "no-store").With("Content-Security-Policy", Policy);
    }

    private static string Choice(string field, string label) =>
        $"<p><input type=\"checkbox\" id=\"{field}\" name=\"{field}\" value=\"on\" checked> <label for=\"{field}\">{label}</label></p>\n";
}
