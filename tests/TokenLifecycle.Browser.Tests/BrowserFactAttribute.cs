namespace TokenLifecycle.Browser.Tests;

/// <summary>A test that needs chromium: skipped, with the reason, where it is said that there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("TOKENLIFECYCLE_SKIP_BROWSER") == "1")
            Skip = "TOKENLIFECYCLE_SKIP_BROWSER is set: chromium could not be had.";
    }
}
