using Microsoft.Playwright;

namespace TokenLifecycle.Browser.Tests;

/// <summary>One browser for all tests, each of which has a profile of its own; and one running sample for those that need no trouble.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string Path = "/usr/bin/chromium";
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private Dashboard? _calm;

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

    /// <summary>A sample whose tokens live an hour and whose providers nobody has told to misbehave.</summary>
    internal async Task<Dashboard> CalmAsync() => _calm ??= await Dashboard.StartAsync(("SIMULATED_TOKEN_SECONDS", "3600"));

    public async Task DisposeAsync()
    {
        if (_calm is not null)
            await _calm.DisposeAsync();
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
