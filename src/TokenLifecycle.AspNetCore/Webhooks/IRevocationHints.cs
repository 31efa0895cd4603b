namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Takes reports that an account has withdrawn its access at the provider, from whatever webhook they came. A report is a hint from the
/// open internet and changes nothing directly: the account's connections are refreshed, in the background, and only the provider's own
/// answer counts.
/// </summary>
public interface IRevocationHints
{
    /// <summary>Takes a report without waiting for anything.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="accountId">The provider's immutable id of the account.</param>
    /// <returns> Whether it was taken; <see langword="false"/> if the app is stopping, and the provider should send it again later. If more
    /// than a thousand wait, the oldest of the provider with the most gives way.
    /// </returns>
    bool TryReport(string provider, string accountId);
}
