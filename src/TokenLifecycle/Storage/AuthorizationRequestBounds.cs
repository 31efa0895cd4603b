namespace TokenLifecycle.Storage;

/// <summary>How many pending requests a store keeps (DL-4).</summary>
/// <param name="PerBrowser">Of one browser.</param>
/// <param name="PerOwner">Of one user, however many browsers the user has.</param>
/// <param name="Overall">Of all together, outcomes included.</param>
public sealed record AuthorizationRequestBounds(int PerBrowser, int PerOwner, int Overall);
