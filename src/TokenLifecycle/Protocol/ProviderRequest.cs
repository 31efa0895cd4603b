using System.Diagnostics;
using System.Net.Http.Headers;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>
/// One request of the back channel. Every HTTP attempt gets a new message, built here and nowhere else, so that nothing that is valid once
/// (a code, an assertion, a proof) can be sent twice.
/// </summary>
internal sealed class ProviderRequest
{
    public required ProviderRequestKind Kind { get; init; }

    public required Uri Address { get; init; }

    public HttpMethod Method { get; init; } = HttpMethod.Post;

    public TokenRequestFormat Format { get; init; }

    /// <summary>The parameters by their standard names.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public List<KeyValuePair<string, string>> Fields { get; init; } = [];

    /// <summary>How the client authenticates; null if it doesn't.</summary>
    public ClientAuthenticationMethod? Authentication { get; init; }

    /// <summary>The <c>Authorization</c> header if the client doesn't authenticate by HTTP Basic.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public AuthenticationHeaderValue? Authorization { get; init; }

    /// <summary>The parameters of the settings for this kind of request.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public IEnumerable<KeyValuePair<string, string>> Additional { get; init; } = [];

    /// <summary>Creates the message of one attempt.</summary>
    public HttpRequestMessage Create(OAuthProviderOptions options)
    {
        var message = new HttpRequestMessage(MethodOf(), Address);
        message.Headers.Authorization = Authorization;
        List<KeyValuePair<string, string>> fields = [.. Fields];
        if (Authentication is { } method)
            ClientAuthentication.Apply(method, options, message, fields);
        fields = ParameterNaming.Apply(options, Kind, fields, Additional);
        ExtraHeaders.Apply(options, message);
        Write(message, fields);
        return message;
    }

    private HttpMethod MethodOf() => Format == TokenRequestFormat.Query && Method == HttpMethod.Post ? HttpMethod.Get : Method;

    private void Write(HttpRequestMessage message, List<KeyValuePair<string, string>> fields)
    {
        if (Format == TokenRequestFormat.Query && fields.Count > 0)
            message.RequestUri = QueryString.Append(Address, fields);

        // An empty body is a body too: a request without one is sent again by the framework when a pooled connection turns out closed
        // (TE-11). Only reading user info may be repeated.
        if (Format != TokenRequestFormat.Query)
            message.Content = RequestBody.Write(fields, Format);
        else if (Kind != ProviderRequestKind.UserInfo)
            message.Content = new SingleUseContent([], mediaType: null);
    }
}
