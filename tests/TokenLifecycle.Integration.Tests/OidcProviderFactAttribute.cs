namespace TokenLifecycle.Integration.Tests;

/// <summary>A test against the real provider; where there is no Node.js, <c>build/test.sh</c> sets the variable, and it is reported as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OidcProviderFactAttribute : FactAttribute
{
    public const string Variable = "TOKENLIFECYCLE_SKIP_OIDC_PROVIDER";

    public OidcProviderFactAttribute()
    {
        if (IsOff)
            Skip = $"{Variable} is set: oidc-provider needs Node.js 20 or later and its npm packages.";
    }

    public static bool IsOff => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable));
}
