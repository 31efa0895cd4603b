using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>Settings of the pages and endpoints that connect users.</summary>
public sealed class TokenLifecycleWebOptions
{
    /// <summary>
    /// Where users reach the app: scheme, host and port, for example <c>https://app.example.com</c>. The redirect addresses registered with
    /// the providers begin with it. It is never taken from a request, whose Host header anybody can write.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: only in Development, and only on loopback, the request's own origin; anywhere
    /// else the start fails.</value>
    public string? PublicOrigin { get; set; }

    /// <summary>The path under which a proxy shows the app, for example <c>/app</c>; empty if it is at the root.</summary>
    /// <value>The default value is empty.</value>
    public string PublicPathBase { get; set; } = "";

    /// <summary>
    /// The claims that hold the app's own id of the signed-in user, in order; the first that is there counts. Never name an e-mail claim
    /// here.
    /// </summary>
    /// <value>The default value is empty: <c>ClaimTypes.NameIdentifier</c>, then <c>sub</c>.</value>
    public IList<string> UserIdClaims { get; set; } = [];

    /// <summary>
    /// The providers by which users may sign in to the app: connecting to them needs no signed-in user. The user is found by the provider's
    /// account id, if the provider itself has stated it, among the connections that may sign a user in; then by the app's own
    /// <see cref="IConnectionUserResolver"/>s in their order; then an <see cref="IConnectionUserCreator"/> may create one.
    /// </summary>
    /// <value>The default value is empty: everything demands a signed-in user.</value>
    public IList<string> SignInProviders { get; set; } = [];

    /// <summary>
    /// Decides, when a signed-in user starts to connect one of <see cref="SignInProviders"/>, whether the account may sign that user in
    /// later. Return
    /// <see langword="true"/> only for accounts that are the user's own, not for those that a user manages for others.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: only connections that were made by signing in may sign in.</value>
    public Func<HttpContext, TokenKey, bool>? AllowSignIn { get; set; }

    /// <summary>How long a user may take at the provider.</summary>
    /// <value>The default value is 10 minutes. At most one hour.</value>
    public TimeSpan RequestLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How many attempts one browser may have open; an older one gives way. They are in the browser's cookies, never on the server.
    /// </summary>
    /// <value>The default value is 5.</value>
    public int MaxPendingPerBrowser { get; set; } = 5;

    /// <summary>
    /// The names of the connections that users may make, beside which there are no others; add <c>default</c> if users may make that
    /// one.
    /// </summary>
    /// <value>The default value is empty: any name, up to <see cref="MaxConnectionsPerUser"/>.</value>
    public IList<string> ConnectionNames { get; set; } = [];

    /// <summary>How many connections to one provider a user may have, if <see cref="ConnectionNames"/> is empty.</summary>
    /// <value>The default value is 10.</value>
    public int MaxConnectionsPerUser { get; set; } = 10;

    /// <summary>The authorization policy that an operator fulfils.</summary>
    /// <value>The default value is <see langword="null"/>: there is no overview for operators.</value>
    public string? OperatorPolicy { get; set; }
}
