namespace TokenLifecycle.Providers;

/// <summary>Describes a value that the app sets in <c>Placeholders</c> because the provider's addresses contain it.</summary>
/// <param name="Provider">The name of the registration.</param>
/// <param name="Name">The placeholder.</param>
/// <param name="Pattern">
/// The regular expression that the whole value must match. The client secret is sent to the resulting address.
/// </param>
/// <param name="Example">A valid value, for messages.</param>
internal sealed record ProviderParameter(string Provider, string Name, string Pattern, string Example);
