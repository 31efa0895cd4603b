using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>A small page that needs nothing from anywhere: no script, no image, one style that the policy names by its hash.</summary>
internal sealed class Page(string title)
{
    private const string Style = """
        :root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}
        body{margin:0;background:Canvas;color:CanvasText}
        main{max-width:34rem;margin:0 auto;padding:2rem 1.25rem}
        h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}
        form,a{display:inline-block;margin:0 .75rem .75rem 0}
        button,a.main{font:inherit;padding:.6rem 1.1rem;border-radius:.4rem;border:2px solid #1d4ed8;background:#1d4ed8;color:#fff;cursor:pointer;text-decoration:none}
        button.plain{background:transparent;color:inherit;border-color:currentColor}
        button:focus-visible,a:focus-visible{outline:3px solid #f59e0b;outline-offset:2px}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:1.25rem 0}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
        """;

    private static readonly string StyleHash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style.ReplaceLineEndings("\n"))));

    private readonly StringBuilder _body = new();
    private readonly HashSet<string> _formTargets = new(StringComparer.Ordinal);

    /// <summary>The policy of every response that is not a page.</summary>
    public static string BarePolicy { get; } = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public Page Say(string text)
    {
        _body.Append("<p>").Append(Encode(text)).Append("</p>\n");
        return this;
    }

    /// <summary>A list of what is known; nothing if nothing is.</summary>
    public Page List(IEnumerable<(string Term, string? Text)> facts)
    {
        (string Term, string? Text)[] known = [.. facts.Where(fact => !string.IsNullOrEmpty(fact.Text))];
        if (known.Length == 0)
            return this;
        _body.Append("<dl>");
        foreach ((string term, string? text) in known)
            _body.Append("<dt>").Append(Encode(term)).Append("</dt><dd>").Append(Encode(text!)).Append("</dd>\n");
        _body.Append("</dl>\n");
        return this;
    }

    /// <summary>A way on; <paramref name="isMain"/> if it is what most people want next, and looks like a button.</summary>
    public Page Link(string address, string text, bool isMain = false)
    {
        _body.Append(isMain ? "<a class=\"main\" href=\"" : "<a href=\"").Append(Encode(address)).Append("\">").Append(Encode(text)).Append("</a>\n");
        return this;
    }

    /// <summary>
    /// A button that posts. <paramref name="leadsTo"/> is the origin that the answer may redirect to: browsers hold that against the page
    /// as well.
    /// </summary>
    public Page Button(string action, string text, IEnumerable<(string Name, string? Value)> fields, bool isPlain = false, string? leadsTo = null)
    {
        _body.Append("<form method=\"post\" action=\"").Append(Encode(action)).Append("\">");
        foreach ((string name, string? value) in fields.Where(field => field.Value is not null))
            _body.Append("<input type=\"hidden\" name=\"").Append(Encode(name)).Append("\" value=\"").Append(Encode(value!)).Append("\">");
        _body.Append(isPlain ? "<button class=\"plain\">" : "<button>").Append(Encode(text)).Append("</button></form>\n");
        if (leadsTo is not null)
            _formTargets.Add(leadsTo);
        return this;
    }

    public Task WriteAsync(HttpResponse response, int status)
    {
        string html = $"""
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{Encode(title)}</title><style>{Style.ReplaceLineEndings("\n")}</style></head>
            <body><main>
            <h1>{Encode(title)}</h1>
            {_body}</main></body>
            </html>

            """;
        // A provider may hand the browser on to a sign-in page elsewhere, and the browser counts every step of that as the form's: so any
        // https.
        string targets = _formTargets.Count == 0 ? "'self'" : $"'self' https: {string.Join(' ', _formTargets.Where(target => target.StartsWith("http:", StringComparison.Ordinal)))}".TrimEnd();
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentSecurityPolicy = $"default-src 'none'; style-src 'sha256-{StyleHash}'; base-uri 'none'; form-action {targets}; frame-ancestors 'none'";
        return response.WriteAsync(html);
    }

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
