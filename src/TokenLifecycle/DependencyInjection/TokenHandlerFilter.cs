using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace TokenLifecycle.DependencyInjection;

/// <summary>
/// Puts the token handler next to the wire, below all handlers of the app and below the factory's own log: at Trace that log hands every
/// request header to structured log sinks, redacted in its text only (LG-1). There each try of a resilience handler gets a token that is
/// valid then, in whatever order the handlers were added.
/// </summary>
internal sealed class TokenHandlerFilter(IOptionsMonitor<TokenHandlerRegistration> registrations) : IHttpMessageHandlerBuilderFilter
{
    public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) => builder =>
    {
        next(builder);
        if (registrations.Get(builder.Name).Create is { } create)
            builder.AdditionalHandlers.Add(create(builder.Services));
    };
}
