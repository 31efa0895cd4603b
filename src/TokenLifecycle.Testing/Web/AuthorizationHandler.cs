using TokenLifecycle.Testing.Dialects;
using TokenLifecycle.Testing.Grants;

namespace TokenLifecycle.Testing.Web;

/// <summary>The authorization endpoint: GET asks the user (or agrees in the user's name), POST is the user's answer.</summary>
internal sealed class AuthorizationHandler(ServerContext server)
{
    private const int S256ChallengeLength = 43;

    public Reply Handle(RecordedRequest request)
    {
        Parameters query = Parameters.Parse(request.Query);
        string[] scopes = server.SplitScopes(query["scope"]);
        if (FindFlaw(query, scopes) is { } flaw) return server.Dialect.AuthorizationError(flaw);

        SimulatedUser user = query["login_hint"] is { } hint && server.FindUser(hint) is { } hinted ? hinted : server.SignedInUser;
        if (query["response_type"] != "code") return Fail(query, "unsupported_response_type");
        if (server.Dialect.ChecksPkce && HasBadChallenge(query)) return Fail(query, "invalid_request");

        if (request.Method == "POST")
        {
            Parameters answer = Parameters.Parse(request.Body);
            string[] granted = [.. scopes.Where((_, index) => answer[ConsentPage.ScopeField(index)] is not null)];
            return answer[ConsentPage.DecisionField] == ConsentPage.Allow ? Agree(query, user, granted) : Fail(query, "access_denied");
        }

        if (user.Denies) return Fail(query, "access_denied");
        if (!server.Options.ConsentAutomatically)
            return ConsentPage.For(server.Options.Dialect, user, scopes, server.Dialect.AuthorizationPath + request.Query);
        return Agree(query, user, [.. server.Options.UserGrants?.Invoke(user, scopes) ?? scopes]);
    }

    private AuthorizationFlaw? FindFlaw(Parameters query, string[] scopes)
    {
        if (query.HasDuplicates) return AuthorizationFlaw.DuplicateParameter;
        if (query.HasSecrets) return AuthorizationFlaw.SecretInQuery;
        if (query["client_id"] != server.ClientId) return AuthorizationFlaw.UnknownClient;
        if (!IsRegistered(query["redirect_uri"])) return AuthorizationFlaw.InvalidRedirectUri;
        return Array.TrueForAll(scopes, server.Dialect.KnowsScope) ? null : AuthorizationFlaw.InvalidScope;
    }

    private bool IsRegistered(string? redirectUri) =>
        Uri.TryCreate(redirectUri, UriKind.Absolute, out Uri? address)
        && address.Fragment.Length == 0
        && (server.Options.RedirectUris.Count == 0 || server.Options.RedirectUris.Contains(redirectUri));

    private static bool HasBadChallenge(Parameters query) =>
        query["code_challenge"] is { } challenge
            ? query["code_challenge_method"] != "S256" || challenge.Length != S256ChallengeLength
            : query["code_challenge_method"] is not null;

    private Reply Agree(Parameters query, SimulatedUser user, IReadOnlyList<string> scopes)
    {
        string code = server.Book.NewCode(new CodeRecord
        {
            User = user,
            Scopes = scopes,
            RedirectUri = query["redirect_uri"]!,
            Challenge = query["code_challenge"],
            Nonce = query["nonce"],
            WithRefreshToken = server.Dialect.GivesRefreshToken(query, firstConsent: !server.Book.HasGrant(user)),
        });
        return BackTo(query, server.Dialect.Callback(new CallbackFacts(code, query["state"], scopes, Issuer)));
    }

    private Reply Fail(Parameters query, string error) => BackTo(query, server.Dialect.FailedCallback(error, query["state"], Issuer));

    private string? Issuer => server.Options.SendIssuer ?? server.Dialect.SendsIssuer ? server.Dialect.Issuer ?? server.Origin : null;

    private static Reply BackTo(Parameters query, IEnumerable<(string Name, string? Value)> parameters)
    {
        string redirectUri = query["redirect_uri"]!;
        string added = string.Join('&', parameters.Where(parameter => parameter.Value is not null).Select(parameter => $"{parameter.Name}={Escape(parameter.Value!)}"));
        return Reply.Redirect($"{redirectUri}{(redirectUri.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{added}");
    }

    /// <summary>Commas and colons stay readable, as in Strava's callback.</summary>
    private static string Escape(string value) =>
        Uri.EscapeDataString(value).Replace("%2C", ",", StringComparison.Ordinal).Replace("%3A", ":", StringComparison.Ordinal);
}
