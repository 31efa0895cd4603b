using Microsoft.Playwright;

namespace TokenLifecycle.Browser.Tests;

/// <summary>One browser and one running sample for all tests of a class; each test has a browser profile and a user of its own.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string Path = "/usr/bin/chromium";
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    internal IBrowser Browser => _browser ?? throw new InvalidOperationException("chromium was not started.");

    public async Task InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("TOKENLIFECYCLE_SKIP_BROWSER") == "1")
            return;
        if (!File.Exists(Path))
            throw new InvalidOperationException($"{Path} is missing: run build/prepare-chromium.sh, or set TOKENLIFECYCLE_SKIP_BROWSER=1 to skip these tests.");
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Path, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
