namespace TokenLifecycle.AspNetCore;

/// <summary>That an account is said to have withdrawn its access.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="AccountId">The account.</param>
internal readonly record struct WithdrawalReport(string Provider, string AccountId);
