using System.Net;

namespace TokenLifecycle.Testing.Web;

/// <summary>The page on which the user agrees or does not.</summary>
internal static class ConsentPage
{
    public const string DecisionField = "decision";
    public const string Allow = "allow";
    public const string Deny = "deny";

    public static string ScopeField(int index) => $"scope-{index}";

    public static Reply For(Dialect dialect, SimulatedUser user, IReadOnlyList<string> scopes, string action)
    {
        string choices = string.Concat(scopes.Select((scope, index) => Choice(ScopeField(index), WebUtility.HtmlEncode(scope))));
        string page = $"""
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Allow access?</title></head>
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
        return Reply.Html(200, page).With("Cache-Control", "no-store").With("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    }

    private static string Choice(string field, string label) =>
        $"<p><input type=\"checkbox\" id=\"{field}\" name=\"{field}\" value=\"on\" checked> <label for=\"{field}\">{label}</label></p>\n";
}
