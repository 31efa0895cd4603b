using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>
/// The token endpoint (RFC 6749 section 3.2): one POST per call, never repeated here. No method takes a cancellation token: once a refresh
/// token or code is on its way, only the deadline may end the wait (law 3). No method throws because of the network or the provider, and
/// none runs app code once there is a response. <see cref="Report"/> runs app code, after the tokens were saved.
/// </summary>
internal sealed class TokenEndpoint(BackChannel channel, TimeProvider clock)
{
    /// <summary>Spends a refresh token. Asks for no scope: that keeps the granted ones and never widens them (RF-13).</summary>
    public Task<TokenReply> RefreshAsync(OAuthProviderOptions options, string refreshToken, RequestTime limit) =>
        SendAsync(options, OAuthGrantType.RefreshToken, options.RefreshEndpoint ?? options.TokenEndpoint, limit, [refreshToken],
        [
            new("grant_type", options.RefreshGrantType),
            new("refresh_token", refreshToken),
        ]);

    /// <summary>Gets a token for the app itself (RFC 6749 section 4.4).</summary>
    public Task<TokenReply> GetClientCredentialsAsync(OAuthProviderOptions options, RequestTime limit)
    {
        List<KeyValuePair<string, string>> fields = [new("grant_type", "client_credentials")];
        if (options.Scopes.Count > 0 && options.ScopeSeparator.Length > 0)
            fields.Add(new("scope", string.Join(options.ScopeSeparator, options.Scopes)));
        return SendAsync(options, OAuthGrantType.ClientCredentials, options.TokenEndpoint, limit, [], fields);
    }

    /// <summary>
    /// Spends an authorization code. The redirect address is, character for character, the one of the authorization request (AR-5).
    /// </summary>
    public Task<TokenReply> ExchangeCodeAsync(OAuthProviderOptions options, AuthorizationRequest request, AuthorizationResponse response, RequestTime limit)
    {
        List<KeyValuePair<string, string>> fields =
        [
            new("grant_type", "authorization_code"),
            new("code", response.Code ?? ""),
            new("redirect_uri", options.RedirectUriName ?? request.RedirectUri.OriginalString),
        ];
        if (request.CodeVerifier is { } verifier)
            fields.Add(new("code_verifier", verifier));
        return SendAsync(options, OAuthGrantType.AuthorizationCode, options.TokenEndpoint, limit, [response.Code, request.CodeVerifier], fields);
    }

    /// <summary>Records the request in the app's trace. Call it only after the tokens were saved.</summary>
    public static void Report(TokenReply reply)
    {
        if (reply.Sent is { } sent)
            TokenTracing.TokenRequested(sent.Endpoint, sent.Grant, sent.Time, reply.HttpStatus, TelemetryNames.Of(reply.Outcome), reply.IsSuccess ? null : TelemetryNames.Of(reply.Failure));
    }

    private async Task<TokenReply> SendAsync(OAuthProviderOptions options, OAuthGrantType grant, string? endpoint, RequestTime limit, string?[] secrets,
        List<KeyValuePair<string, string>> fields)
    {
        if (EndpointAddress.Parse(endpoint, options) is not { } uri)
            return NoEndpoint();

        using HttpRequestMessage message = RequestOf(options, grant, uri, fields).Create(options);
        var request = new TokenRequest
        {
            Options = options,
            Grant = grant,
            RequestedAt = clock.GetUtcNow(),
            Issuer = EndpointAddress.OriginOf(uri),
            Secrets = [.. secrets, options.ClientSecret, .. AdditionalOf(options, grant).Values],
        };
        SpanTime time = SpanTime.Begin();
        BackChannelReply answer = await channel.SendAsync(message, limit).ConfigureAwait(false);
        return TokenResponseReader.Read(request, answer) with { Sent = new SentTokenRequest(uri, grant, time.End()) };
    }

    private static ProviderRequest RequestOf(OAuthProviderOptions options, OAuthGrantType grant, Uri address, List<KeyValuePair<string, string>> fields)
    {
        bool isRefresh = grant == OAuthGrantType.RefreshToken;
        return new ProviderRequest
        {
            Kind = isRefresh ? ProviderRequestKind.Refresh : ProviderRequestKind.Token,
            Address = address,
            Format = (isRefresh ? options.RefreshFormat : null) ?? options.RequestFormat,
            Fields = fields,
            Authentication = (isRefresh ? options.RefreshAuthentication : null) ?? options.ClientAuthentication,
            Additional = AdditionalOf(options, grant),
        };
    }

    private static IDictionary<string, string> AdditionalOf(OAuthProviderOptions options, OAuthGrantType grant) =>
        grant == OAuthGrantType.RefreshToken ? options.RefreshParameters : options.TokenParameters;

    // The options' validator says this at start, with more words. Here it only keeps a secret from leaving without TLS.
    private TokenReply NoEndpoint() => new()
    {
        Outcome = TokenOutcome.NotSent,
        RequestedAt = clock.GetUtcNow(),
        Error = TokenErrorKind.InvalidClient,
        Failure = TokenFailureKind.ClientRejected,
        Detail = "TokenEndpoint is not an absolute https address",
    };
}
