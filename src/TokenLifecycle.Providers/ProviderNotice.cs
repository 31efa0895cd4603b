namespace TokenLifecycle.Providers;

/// <summary>Holds a change that a provider has announced for a date.</summary>
/// <param name="Provider">The name of the registration.</param>
/// <param name="Date">The date of the change.</param>
/// <param name="Change">What changes, as one sentence.</param>
/// <param name="Link">Where the provider announces it.</param>
internal sealed record ProviderNotice(string Provider, DateOnly Date, string Change, string Link);
