namespace TokenLifecycle.DependencyInjection;

/// <summary>What <c>AddTokenHandler</c> asked for, as options named like the HTTP client.</summary>
internal sealed class TokenHandlerRegistration
{
    /// <summary>Makes the client's token handler; null for a client that has none.</summary>
    public Func<IServiceProvider, DelegatingHandler>? Create { get; set; }
}
