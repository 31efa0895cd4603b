namespace TokenLifecycle.AspNetCore;

/// <summary>Settings of the pages and endpoints that connect users.</summary>
public sealed class TokenLifecycleWebOptions
{
    /// <summary>
    /// Where users reach the app: scheme, host and port, for example <c>https://app.example.com</c>. The redirect addresses registered with the providers
    /// begin with it. It is never taken from a request, whose Host header anybody can write.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: only in Development, and only on loopback, the request's own origin; anywhere else the start fails.</value>
    public string? PublicOrigin { get; set; }

    /// <summary>The path under which a proxy shows the app, for example <c>/app</c>; empty if it is at the root.</summary>
    /// <value>The default value is empty.</value>
    public string PublicPathBase { get; set; } = "";

    /// <summary>The claims that hold the app's own id of the signed-in user, in order; the first that is there counts. Never name an e-mail claim here.</summary>
    /// <value>The default value is empty: <c>ClaimTypes.NameIdentifier</c>, then <c>sub</c>.</value>
    public IList<string> UserIdClaims { get; set; } = [];

    /// <summary>
    /// The providers by which users may sign in to the app: connecting to them needs no signed-in user. The user is found by the provider's
    /// immutable account id, then by the app's own <see cref="IConnectionUserResolver"/>s in their order.
    /// </summary>
    /// <value>The default value is empty: everything demands a signed-in user.</value>
    public IList<string> SignInProviders { get; set; } = [];

    /// <summary>How long a user may take at the provider.</summary>
    /// <value>The default value is 10 minutes. At most one hour.</value>
    public TimeSpan RequestLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How many attempts one browser may have open; an older one gives way.</summary>
    /// <value>The default value is 5.</value>
    public int MaxPendingPerBrowser { get; set; } = 5;

    /// <summary>How many attempts one user may have open in all browsers; an older one gives way.</summary>
    /// <value>The default value is 20.</value>
    public int MaxPendingPerUser { get; set; } = 20;

    /// <summary>How many attempts may be open in all; beyond it, starting is refused with 503 until some have finished.</summary>
    /// <value>The default value is 10,000.</value>
    public int MaxPending { get; set; } = 10_000;

    /// <summary>The authorization policy that an operator fulfils.</summary>
    /// <value>The default value is <see langword="null"/>: there is no overview for operators.</value>
    public string? OperatorPolicy { get; set; }
}
