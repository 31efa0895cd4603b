using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace TokenLifecycle.AspNetCore.Tests;

/// <summary>As much of a browser as these tests need: one jar of cookies, forms, redirects taken one by one, and a name service that knows app.example.</summary>
internal sealed partial class Browser(Uri address, string origin) : IDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, MaxConnectionsPerServer = 200 });

    public Dictionary<string, string> Cookies { get; } = new(StringComparer.Ordinal);

    /// <summary>The Set-Cookie lines as they came.</summary>
    public List<string> CookieLines { get; } = [];

    public Task<Seen> GetAsync(string url, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, url, content: null, headers);

    public Task<Seen> PostAsync(string url, IEnumerable<KeyValuePair<string, string>> fields, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, url, new FormUrlEncodedContent(fields), headers);

    /// <summary>Presses a button of a page: the form whose action ends so.</summary>
    public Task<Seen> PressAsync(Seen page, string action, params (string Name, string Value)[] changes)
    {
        Match form = Form().Matches(page.Text).First(f => WebUtility.HtmlDecode(f.Groups["action"].Value).EndsWith(action, StringComparison.Ordinal));
        var fields = Field().Matches(form.Value).ToDictionary(f => WebUtility.HtmlDecode(f.Groups["name"].Value), f => WebUtility.HtmlDecode(f.Groups["value"].Value), StringComparer.Ordinal);
        foreach ((string name, string value) in changes)
            fields[name] = value;
        return PostAsync(WebUtility.HtmlDecode(form.Groups["action"].Value), fields);
    }

    /// <summary>Shows the connect page, presses the button, and lets the provider answer: the callback's address, not yet visited.</summary>
    public async Task<string> ToCallbackAsync(string provider = WebWorld.Acme, string query = "")
    {
        Seen start = await StartAsync(provider, query);
        start.Status.Should().Be(303, start.Text);
        Seen consent = await GetAsync(start.Location!);
        consent.Location.Should().NotBeNull(consent.Text);
        return consent.Location!;
    }

    public async Task<Seen> StartAsync(string provider = WebWorld.Acme, string query = "")
    {
        Seen page = await GetAsync($"/connections/{provider}/connect{query}");
        page.Status.Should().Be(200, page.Text);
        return await PressAsync(page, "/connect");
    }

    /// <summary>The whole way.</summary>
    public async Task<Seen> ConnectAsync(string provider = WebWorld.Acme, string query = "") => await FollowAsync(await GetAsync(await ToCallbackAsync(provider, query)));

    public async Task<Seen> FollowAsync(Seen seen)
    {
        for (int hops = 0; seen.Location is { } next && hops < 10; hops++)
            seen = await GetAsync(next);
        return seen;
    }

    public async Task<Seen> SendAsync(HttpMethod method, string url, HttpContent? content, IEnumerable<(string Name, string Value)> headers)
    {
        Uri to = url.StartsWith('/') ? new Uri(address + url[1..]) : url.StartsWith(origin, StringComparison.Ordinal) ? new Uri(address, url[origin.Length..]) : new Uri(url);
        using var request = new HttpRequestMessage(method, to) { Content = content };
        if (to.Port == address.Port && Cookies.Count > 0)
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        if (!headers.Any(header => header.Name == "Accept"))
            request.Headers.TryAddWithoutValidation("Accept", "text/html");
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using HttpResponseMessage response = await Http.SendAsync(request);
        if (to.Port == address.Port && response.Headers.TryGetValues("Set-Cookie", out IEnumerable<string>? lines))
            Keep([.. lines]);
        return new Seen((int)response.StatusCode, response.Headers.NonValidated.TryGetValues("Location", out HeaderStringValues location) ? location.ToString() : null,
            await response.Content.ReadAsStringAsync(), response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase));
    }

    public Browser Copy() => At(address);

    /// <summary>The same browser, led to another node.</summary>
    public Browser At(Uri node)
    {
        var copy = new Browser(node, origin);
        foreach ((string name, string value) in Cookies)
            copy.Cookies[name] = value;
        return copy;
    }

    public void Dispose() => Cookies.Clear();

    private void Keep(string[] lines)
    {
        lock (Cookies)
        {
            CookieLines.AddRange(lines);
            foreach (string line in lines)
            {
                string[] pair = line.Split(';')[0].Split('=', 2);
                if (pair[1].Length == 0)
                    Cookies.Remove(pair[0]);
                else
                    Cookies[pair[0]] = pair[1];
            }
        }
    }

    [GeneratedRegex("""<form method="post" action="(?<action>[^"]*)">.*?</form>""", RegexOptions.Singleline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Form();

    [GeneratedRegex("""<input type="hidden" name="(?<name>[^"]*)" value="(?<value>[^"]*)">""", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Field();
}
