using System.Net;

namespace TokenLifecycle.Integration.Tests;

/// <summary>A user's browser, without a window: follows redirects, keeps cookies, fills in the provider's sign-in and consent pages.</summary>
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
    public async Task<Uri> ConsentAsync(Uri authorizationUrl, string login)
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

            if (form.Fields.ContainsKey("login"))
            {
                form.Fields["login"] = login;
                form.Fields["password"] = "any";
            }

            at = new Uri(at, form.Action);
            using var request = new HttpRequestMessage(form.Method, at) { Content = new FormUrlEncodedContent(form.Fields) };
            page = await _browser.SendAsync(request);
        }

        page.Dispose();
        throw new InvalidOperationException($"{MostPages} pages and no way back to the app; the last was {at.AbsolutePath}.");
    }

    public void Dispose() => _browser.Dispose();
}
