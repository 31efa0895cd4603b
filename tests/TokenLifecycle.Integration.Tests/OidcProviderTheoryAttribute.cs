namespace TokenLifecycle.Integration.Tests;

/// <summary>As <see cref="OidcProviderFactAttribute"/>, for a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OidcProviderTheoryAttribute : TheoryAttribute
{
    public OidcProviderTheoryAttribute()
    {
        if (OidcProviderFactAttribute.IsOff)
            Skip = new OidcProviderFactAttribute().Skip;
    }
}
