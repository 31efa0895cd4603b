namespace TokenLifecycle.DependencyInjection;

/// <summary>An HTTP client and the provider of its tokens, so that the start can say that there is no such provider.</summary>
/// <param name="Client">The HTTP client's name; null for all clients (<c>ConfigureHttpClientDefaults</c>).</param>
/// <param name="Provider">The provider's name, as the app has written it.</param>
internal sealed record TokenHandlerUse(string? Client, string Provider);
