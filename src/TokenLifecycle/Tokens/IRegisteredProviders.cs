namespace TokenLifecycle;

/// <summary>The providers that the app has added, for pages that list them.</summary>
public interface IRegisteredProviders
{
    /// <summary>The names given to <c>AddProvider</c>, in ordinal order.</summary>
    IReadOnlyList<string> Names { get; }
}
