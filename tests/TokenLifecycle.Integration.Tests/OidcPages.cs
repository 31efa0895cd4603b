using System.Net;

namespace TokenLifecycle.Integration.Tests;

/// <summary>A user's browser, without a window: follows redirects, keeps cookies, fills in the provider's sign-in and consent pages, or cancels.</summary>
public sealed class OidcPages : IDisposable
{
    private const int MostPages = 20;

    private readonly Uri _issuer;
    private readonly HttpClient _browser;

    public OidcPages(Uri issuer)
    {
        _issuer = issuer;
        _browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = true, CookieContainer = new CookieContainer() });
    }

    /// <summary>Signs in and consents. A second walk of the same browser is still signed in.</summary>
    public Task<Uri> ConsentAsync(Uri authorizationUrl, string login) => WalkAsync(authorizationUrl, (_, form) =>
    {
        IsSignIn(form, login);
        return (form.Action, new FormUrlEncodedContent(form.Fields));
    });

    /// <summary>Signs in, and cancels where the provider asks for consent.</summary>
    public Task<Uri> DenyAsync(Uri authorizationUrl, string login) => WalkAsync(authorizationUrl, (text, form) =>
    {
        return IsSignIn(form, login)
            ? (form.Action, new FormUrlEncodedContent(form.Fields))
            : (HtmlForm.FindLink(text, "abort") ?? throw new InvalidOperationException($"The page has no way out:\n{text}"), null);
    });

    /// <summary>Whether the page asks who it is; then it is filled in.</summary>
    private static bool IsSignIn(HtmlForm form, string login)
    {
        bool isAsked = form.Fields.ContainsKey("login");
        if (isAsked)
            (form.Fields["login"], form.Fields["password"]) = (login, "any");
        return isAsked;
    }

    private async Task<Uri> WalkAsync(Uri authorizationUrl, Func<string, HtmlForm, (string Address, HttpContent? Posted)> answerTo)
    {
        Uri at = authorizationUrl;
        HttpResponseMessage page = await _browser.GetAsync(at);
        for (int pages = 0; pages < MostPages; pages++)
        {
            using HttpResponseMessage answer = page;
            if (answer.Headers.Location is { } location)
            {
                at = new Uri(at, location);
                if (at.Authority != _issuer.Authority)
                    return at;
                page = await _browser.GetAsync(at);
                continue;
            }

            string text = await answer.Content.ReadAsStringAsync();
            if (!answer.IsSuccessStatusCode || HtmlForm.Find(text) is not { } form)
                throw new InvalidOperationException($"{at.AbsolutePath} answered {(int)answer.StatusCode} without a form:\n{text}");

            (string address, HttpContent? posted) = answerTo(text, form);
            at = new Uri(at, address);
            page = posted is null ? await _browser.GetAsync(at) : await _browser.PostAsync(at, posted);
        }

        page.Dispose();
        throw new InvalidOperationException($"{MostPages} pages and no way back to the app; the last was {at.AbsolutePath}.");
    }

    public void Dispose() => _browser.Dispose();
}
