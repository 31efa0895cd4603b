using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>The authorization code grant: what is checked, and in which order, before a code is spent.</summary>
internal sealed class AuthorizationCodeFlow(
    IOptionsMonitor<OAuthProviderOptions> providers,
    TokenEndpoint endpoint,
    RevocationEndpoint revocation,
    BackChannel channel,
    TimeProvider time,
    IOptionsMonitor<TokenLifecycleOptions> settings) : IAuthorizationCodeFlow, ICodeExchange
{
    private const string OpenId = "openid";

    private readonly AccountIdReader _accounts = new(channel);

    public AuthorizationRequest CreateRequest(string provider, Uri redirectUri, IEnumerable<string>? scopes = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(provider);
        ArgumentNullException.ThrowIfNull(redirectUri);
        if (!redirectUri.IsAbsoluteUri)
            throw new ArgumentException("The redirect address must be absolute, exactly as registered with the provider.", nameof(redirectUri));
        // RFC 6749 section 3.1.2.1, RFC 8252 section 7.3: anyone who reads the callback on its way has the code.
        if (redirectUri.Scheme == Uri.UriSchemeHttp && !redirectUri.IsLoopback)
        {
            throw new ArgumentException(
                $"The redirect address is http://, so that others could read the code in it. Use new Uri(\"https://{redirectUri.Authority}{redirectUri.AbsolutePath}\"), and register that with the provider; http is for loopback only.",
                nameof(redirectUri));
        }

        OAuthProviderOptions options = providers.Get(provider);
        if (options.ClientId.Length == 0 || EndpointAddress.Parse(options.AuthorizationEndpoint, options) is not { } authorize)
        {
            throw new ProviderConfigurationException(provider, ProviderConfigurationReason.InvalidOptions,
                $"Provider '{provider}' cannot be connected to: set its ClientId and an absolute https AuthorizationEndpoint, and check the provider's name.");
        }

        // AR-1, AR-2: settings that were never validated could replace what protects the request.
        if (options.AdditionalAuthorizationParameters.Keys.FirstOrDefault(ReservedParameters.IsOfAuthorization) is { } reserved)
        {
            throw new ProviderConfigurationException(provider, ProviderConfigurationReason.InvalidOptions,
                $"Provider '{provider}' cannot be connected to: AdditionalAuthorizationParameters holds \"{reserved}\", which the library sends itself. Leave it out.");
        }

        string[] asked = [.. scopes ?? options.Scopes];
        string state = RandomSecret.New();
        string? verifier = options.Pkce == PkceMode.Off ? null : RandomSecret.New();
        string? nonce = asked.Contains(OpenId, StringComparer.Ordinal) ? RandomSecret.New() : null;
        return new AuthorizationRequest
        {
            Provider = provider,
            Url = AuthorizationUrl.Build(authorize, options, redirectUri, asked, state, verifier, nonce),
            State = state,
            CodeVerifier = verifier,
            Nonce = nonce,
            RedirectUri = redirectUri,
            Scopes = asked,
            Issuer = options.Issuer,
            CreatedAt = time.GetUtcNow(),
        };
    }

    public async Task<TokenSet> ExchangeAsync(AuthorizationRequest request, AuthorizationResponse response, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(response);
        cancellationToken.ThrowIfCancellationRequested();
        (TokenSet tokens, Action report) = await ((ICodeExchange)this).ExchangeAsync(request, response).ConfigureAwait(false);
        report();
        return tokens;
    }

    async Task<(TokenSet Tokens, Action Report)> ICodeExchange.ExchangeAsync(AuthorizationRequest request, AuthorizationResponse response)
    {
        OAuthProviderOptions options = providers.Get(request.Provider);
        response = response.WithCodeFrom(options.CallbackCodeParameter);
        Check(request, response, options.IssuerInCallback);
        if (!request.TryBeginExchange())
            throw new AuthorizationFailedException(request.Provider, AuthorizationFailureKind.InvalidResponse, "This request's code was already sent");
        // From here on a caller who goes away would lose what the code brings, and it works once (laws 3 and 4). The wait is bounded by the
        // deadlines of the requests.
        return await Task.Run(() => FinishAsync(request, response), CancellationToken.None).ConfigureAwait(false);
    }

    public async Task<RevocationOutcome> GiveBackAsync(string provider, TokenSet tokens, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(provider);
        ArgumentNullException.ThrowIfNull(tokens);
        cancellationToken.ThrowIfCancellationRequested();
        OAuthProviderOptions options = providers.Get(provider);
        // RF-14: only to whom they came from.
        if (tokens.Issuer is { } issuer && (EndpointAddress.Parse(options.TokenEndpoint, options) is not { } present || EndpointAddress.OriginOf(present) != issuer))
            return RevocationOutcome.Failed;
        return (await revocation.RevokeAsync(options, tokens, settings.CurrentValue.TokenEndpointTimeout).ConfigureAwait(false)).Outcome;
    }

    // The state first: until it fits, nothing else in the response is worth reading, not even its error.
    private static void Check(AuthorizationRequest request, AuthorizationResponse response, bool isIssuerRequired)
    {
        if (!RandomSecret.AreEqual(request.State, response.State))
            throw new AuthorizationFailedException(request.Provider, AuthorizationFailureKind.StateMismatch);
        if (request.Issuer is not null && response.Issuer is null && isIssuerRequired)
            throw new AuthorizationFailedException(request.Provider, AuthorizationFailureKind.InvalidResponse, "The callback does not say which issuer it is from");
        if (request.Issuer is not null && response.Issuer is not null && !IssuerTemplate.Matches(request.Issuer, response.Issuer))
            throw new AuthorizationFailedException(request.Provider, AuthorizationFailureKind.InvalidResponse, "The callback names another issuer");
        if (response.Error is { } error)
            throw new AuthorizationFailedException(request.Provider, AuthorizationFailures.OfCallback(error), errorCode: ErrorCode.Clean(error, request.State));
        if (string.IsNullOrEmpty(response.Code))
            throw new AuthorizationFailedException(request.Provider, AuthorizationFailureKind.InvalidResponse, "The callback has neither a code nor an error");
    }

    private async Task<(TokenSet Tokens, Action Report)> FinishAsync(AuthorizationRequest request, AuthorizationResponse response)
    {
        OAuthProviderOptions options = providers.Get(request.Provider);
        TimeSpan deadline = settings.CurrentValue.TokenEndpointTimeout;
        TokenReply reply = await endpoint.ExchangeCodeAsync(options, request, response, deadline).ConfigureAwait(false);
        try
        {
            return (await TokensOfAsync(options, request, response, reply, deadline).ConfigureAwait(false), () => TokenEndpoint.Report(reply));
        }
        catch (Exception)
        {
            TokenEndpoint.Report(reply); // There is nothing to lose.
            throw;
        }
    }

    private async Task<TokenSet> TokensOfAsync(OAuthProviderOptions options, AuthorizationRequest request, AuthorizationResponse response, TokenReply reply, TimeSpan deadline)
    {
        if (reply.Outcome == TokenOutcome.NotSent)
            request.CodeWasNotSent();
        if (reply.Tokens is not { } tokens)
            throw new AuthorizationFailedException(request.Provider, AuthorizationFailures.OfReply(reply), reply.Detail, reply.ErrorCode);

        // CB-11: before any token of this reply is of use to anybody.
        bool isIdTokenExpected = reply.IdToken is not null || options.IdTokenCheck != IdTokenCheck.Optional;
        if (request.Nonce is { } nonce && isIdTokenExpected && IdTokenClaims.FindProblem(reply.IdToken, options, nonce, time.GetUtcNow()) is { } problem)
            throw new AuthorizationFailedException(request.Provider, AuthorizationFailureKind.InvalidResponse, problem);
        if (request.Issuer is not null && response.Issuer is { } told && IdTokenClaims.IssuerOf(reply.IdToken) is { } vouching && vouching != told)
            throw new AuthorizationFailedException(request.Provider, AuthorizationFailureKind.InvalidResponse, "The ID token is from another issuer than the callback");

        (string? account, IReadOnlyDictionary<string, string> info) = await _accounts.ReadAsync(options, request, response, reply, deadline).ConfigureAwait(false);
        return tokens with
        {
            Scopes = Granted(options, request, response, tokens),
            AccountId = account,
            Captured = info.Count == 0 ? tokens.Captured : new Dictionary<string, string>(tokens.Captured.Concat(info).DistinctBy(static member => member.Key, StringComparer.Ordinal), StringComparer.Ordinal),
        };
    }

    // The first source that says anything counts, also if it says "none" (TE-9). Only silence means "as requested".
    private static IReadOnlyList<string> Granted(OAuthProviderOptions options, AuthorizationRequest request, AuthorizationResponse response, TokenSet tokens)
    {
        IEnumerable<GrantedScopesSource> sources = options.GrantedScopesFrom.Count > 0 ? options.GrantedScopesFrom : [GrantedScopesSource.Reply];
        foreach (GrantedScopesSource source in sources)
        {
            IReadOnlyList<string>? told = source == GrantedScopesSource.Callback
                ? response.Scope is { } scope ? AskedOf(request, scope) : null
                : tokens.Scopes;
            if (told is not null)
                return told;
        }

        return request.Scopes;
    }

    /// <summary>Anyone can write the callback's query, so it can only report that less was granted, never more.</summary>
    private static string[] AskedOf(AuthorizationRequest request, string scope) =>
        [.. ScopeList.Split(scope).Where(name => request.Scopes.Contains(name, StringComparer.Ordinal)).Distinct(StringComparer.Ordinal)];
}
