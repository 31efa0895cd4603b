using System.Net.Http.Headers;

namespace TokenLifecycle.Http;

/// <summary>
/// Puts the token into the header as the last thing before the wire and takes it out again. <c>IHttpClientFactory</c>'s own logging stands between the
/// token handler and the wire, and hands every request header to structured loggers at Trace level, whatever is redacted in its text (law 11).
/// </summary>
internal sealed class AuthorizationWriter : DelegatingHandler
{
    private static readonly HttpRequestOptionsKey<(AccessToken Token, Uri Address)> OptionKey = new("TokenLifecycle.Token");

    /// <summary>Whether there is one between a handler and the wire: an app's own handler filter may have replaced what it was wrapped around. Then the token must go into the header early, in sight of that log.</summary>
    public static bool IsInside(DelegatingHandler handler)
    {
        // Asked for each request and not remembered: "bool? ??=" reads the value before it asks whether there is one, and so says "no" under a race.
        HttpMessageHandler? inner = handler.InnerHandler;
        while (inner is DelegatingHandler and not AuthorizationWriter)
            inner = ((DelegatingHandler)inner).InnerHandler;
        return inner is AuthorizationWriter;
    }

    /// <summary>Leaves the token for the writer; it replaces what the request brought along or an earlier try left there.</summary>
    public static void Leave(HttpRequestMessage request, AccessToken token)
    {
        request.Headers.Authorization = null;
        request.Options.Set(OptionKey, (token, request.RequestUri!));
    }

    /// <summary>Overwrites the header. The constructor does not print the value when it is malformed, unlike Parse.</summary>
    public static void Write(HttpRequestMessage request, AccessToken token) =>
        request.Headers.Authorization = new AuthenticationHeaderValue(
            string.Equals(token.Type, "bearer", StringComparison.OrdinalIgnoreCase) ? "Bearer" : token.Type, token.Value);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A handler in between may follow redirects of its own: another origin than the one that was allowed gets nothing, as with the runtime's redirects.
        if (!request.Options.TryGetValue(OptionKey, out (AccessToken Token, Uri Address) left) || !IsSameOrigin(request.RequestUri, left.Address))
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);

        Write(request, left.Token);
        try
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Also a retry between the token handler and here must find the token again, so the option stays.
            request.Headers.Authorization = null;
        }
    }

    private static bool IsSameOrigin(Uri? address, Uri allowed) =>
        ReferenceEquals(address, allowed)
        || (address is { IsAbsoluteUri: true } && Uri.Compare(address, allowed, UriComponents.SchemeAndServer | UriComponents.StrongPort, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0);
}
