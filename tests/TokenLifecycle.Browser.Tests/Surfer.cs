using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Browser.Tests;

/// <summary>Somebody at a real browser, who looks at each page: its accessibility, its console, what its policy blocked; and keeps a picture.</summary>
internal sealed class Surfer : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _complaints = [];
    private readonly Uri _address;
    private readonly string _pictures;

    private Surfer(IBrowserContext context, IPage page, Uri address, string pictures)
    {
        _context = context;
        _address = address;
        _pictures = pictures;
        Page = page;
    }

    public IPage Page { get; }

    public static async Task<Surfer> OpenAsync(Chromium chromium, Uri address, bool onPhone = false, bool inTheDark = false)
    {
        IBrowserContext context = await chromium.Browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = address.AbsoluteUri,
            ViewportSize = onPhone ? new ViewportSize { Width = 390, Height = 844 } : new ViewportSize { Width = 1280, Height = 860 },
            ColorScheme = inTheDark ? ColorScheme.Dark : ColorScheme.Light,
        });
        context.SetDefaultTimeout(30_000);
        string kind = (onPhone ? "phone" : "desk") + (inTheDark ? "-dark" : "");
        var surfer = new Surfer(context, await context.NewPageAsync(), address, RepositoryRoot.Combine("artifacts", "screenshots", kind));
        Directory.CreateDirectory(surfer._pictures);
        surfer.Listen(surfer.Page);
        return surfer;
    }

    /// <summary>Another tab of the same browser.</summary>
    public async Task<IPage> NewTabAsync()
    {
        IPage page = await _context.NewPageAsync();
        Listen(page);
        return page;
    }

    public async Task SignInAsync(string name)
    {
        await Page.GotoAsync("/sign-in");
        await Page.GetByLabel("Your name").FillAsync(name);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await ExpectHeadingAsync("My training");
    }

    public ILocator Card(string name) => Page.GetByRole(AriaRole.Article, new() { Name = name, Exact = true });

    public Task PressAsync(string button, IPage? page = null) => (page ?? Page).GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    /// <summary>The whole way at the provider's own page, where boxes may be unticked.</summary>
    public async Task ConnectAsync(string button = "Connect Strava", params string[] untick)
    {
        await PressAsync(button);
        await ExpectHeadingAsync("Allow access?");
        foreach (string scope in untick)
            await Page.GetByLabel(scope, new() { Exact = true }).UncheckAsync();
        await PressAsync("Allow");
    }

    public async Task ConnectAndReturnAsync(string name)
    {
        await ConnectAsync($"Connect {name}");
        await ExpectHeadingAsync("My training");
        await ExpectBadgeAsync(name, "Connected");
    }

    public async Task MisbehaveAsync(string provider, string button)
    {
        await Page.GotoAsync("/misbehave");
        await Page.GetByRole(AriaRole.Region, new() { Name = provider, Exact = true }).GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync();
        await Assertions.Expect(Page.GetByRole(AriaRole.Status)).ToBeVisibleAsync();
    }

    /// <summary>What an address answers a machine.</summary>
    public async Task<(int Status, string Text)> ReadAsync(string path)
    {
        IAPIResponse response = await Page.APIRequest.GetAsync(path);
        return (response.Status, await response.TextAsync());
    }

    public async Task HomeAsync()
    {
        await Page.GotoAsync("/");
        await ExpectHeadingAsync("My training");
    }

    public Task ExpectHeadingAsync(string text, IPage? page = null) =>
        Assertions.Expect((page ?? Page).GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(text);

    /// <summary>The page brings itself up to date, so this also waits for what time brings.</summary>
    public Task ExpectBadgeAsync(string name, string badge) => Assertions.Expect(Card(name).Locator(".badge")).ToHaveTextAsync(badge, new() { Timeout = 30_000 });

    /// <summary>Expects exactly one button that resolves the problem; null if there is none.</summary>
    public async Task ExpectActionAsync(string name, string? button)
    {
        ILocator primary = Card(name).Locator("button.primary");
        await Assertions.Expect(primary).ToHaveCountAsync(button is null ? 0 : 1);
        if (button is not null)
            await Assertions.Expect(primary).ToHaveTextAsync(button);
    }

    /// <summary>Takes a picture, sees that nothing sticks out at the side, and has axe look at the page.</summary>
    public async Task LookAsync(string name, IPage? page = null)
    {
        page ??= Page;
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(_pictures, name + ".png"), FullPage = true });

        if (!await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth"))
            _complaints.Add($"{name}: it is wider than the window");

        // axe is put into the page by the debugger, which the page's policy does not concern.
        AxeResult result = await page.RunAxe();
        _complaints.AddRange(result.Violations.SelectMany(violation => violation.Nodes.Select(node => $"{name}: axe {violation.Id}: {violation.Help}: {node.Html}")));
    }

    public void ExpectNoComplaint() => _complaints.Should().BeEmpty();

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    private void Listen(IPage page)
    {
        page.Console += (_, message) =>
        {
            // What a status of an own page says is the test's to judge; everything else, a violated policy above all, is a complaint.
            bool isStatus = message.Text.StartsWith("Failed to load resource: the server responded with a status of", StringComparison.Ordinal) && message.Location.StartsWith(_address.AbsoluteUri, StringComparison.Ordinal);
            if (message.Type is "error" or "warning" && !isStatus)
                _complaints.Add($"{page.Url}: console {message.Type}: {message.Text}");
        };
        page.PageError += (_, error) => _complaints.Add($"{page.Url}: script: {error}");
        page.RequestFailed += (_, request) =>
        {
            // A page that is left behind gives up what it was fetching.
            if (request.Failure is { } failure && failure != "net::ERR_ABORTED")
                _complaints.Add($"{page.Url}: {request.Url} failed: {failure}");
        };
    }
}
