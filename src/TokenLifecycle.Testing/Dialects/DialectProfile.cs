using TokenLifecycle.Testing.Grants;
using TokenLifecycle.Testing.Web;

namespace TokenLifecycle.Testing.Dialects;

/// <summary>Where a provider differs. What stands here is the standard's.</summary>
internal abstract class DialectProfile
{
    public virtual string AuthorizationPath => "/oauth/authorize";

    public virtual string TokenPath => "/oauth/token";

    public virtual string RevocationPath => "/oauth/revoke";

    public abstract string UserInfoPath { get; }

    public virtual string DefaultClientId => "simulated-client";

    public virtual string AccessTokenPrefix => "at-";

    public virtual string RefreshTokenPrefix => "rt-";

    public virtual string CodePrefix => "code-";

    public virtual TimeSpan AccessTokenLifetime => TimeSpan.FromHours(1);

    public virtual TimeSpan CodeLifetime => TimeSpan.FromMinutes(1);

    public virtual Rotation Rotation => Rotation.EveryUse;

    public virtual TimeSpan? SameTokenWhileMoreThan => null;

    public virtual bool ChecksPkce => true;

    public virtual bool ChecksRedirectUri => true;

    public virtual bool AcceptsBasicForTokens => true;

    public virtual bool AccountIdIsNumber => false;

    public virtual bool SendsScope => true;

    public virtual bool SendsExpiresAt => false;

    public virtual bool SendsRefreshTokenExpiresIn => false;

    public virtual bool SendsIssuer => false;

    /// <summary>The issuer it names; <see langword="null"/> for this server's own address.</summary>
    public virtual string? Issuer => null;

    public virtual char[] ScopeSeparators => [' '];

    public virtual StringComparison PathComparison => StringComparison.Ordinal;

    public static DialectProfile Of(Dialect dialect) => dialect switch
    {
        Dialect.Rfc6749 => new Rfc6749Profile(),
        Dialect.Strava => new StravaProfile(),
        Dialect.TrainingPeaks => new TrainingPeaksProfile(),
        Dialect.Google => new GoogleProfile(),
        _ => throw new ArgumentOutOfRangeException(nameof(dialect), dialect, "There is no such dialect."),
    };

    /// <summary>The members of a successful token reply, in the provider's order.</summary>
    public abstract IEnumerable<(string Name, object? Value)> Success(TokenReplyFacts facts);

    /// <summary>The reply to a refused token request.</summary>
    public abstract Reply Refuse(Refusal refusal);

    /// <summary>The reply of a revocation, by what <see cref="RevocationHandler"/> found.</summary>
    public abstract Reply Revocation(RevocationFinding finding);

    /// <summary>Whether a revocation needs the client's authentication, and which.</summary>
    public virtual RevocationProof RevocationProof => RevocationProof.Client;

    /// <summary>A page for the user: the server doesn't know the client or the redirect address, so it must not redirect.</summary>
    public virtual Reply AuthorizationError(AuthorizationFlaw flaw) => Reply.Html(400, $"<!DOCTYPE html><title>Error</title><h1>{Describe(flaw)}</h1>");

    /// <summary>The scopes that do not exist.</summary>
    public virtual bool KnowsScope(string scope) => true;

    /// <summary>The parameters of a successful callback.</summary>
    public virtual IEnumerable<(string Name, string? Value)> Callback(CallbackFacts facts) =>
        [("code", facts.Code), ("state", facts.State), ("iss", facts.Issuer)];

    /// <summary>The parameters of a failed callback.</summary>
    public virtual IEnumerable<(string Name, string? Value)> FailedCallback(string error, string? state, string? issuer) =>
        [("error", error), ("state", state), ("iss", issuer)];

    /// <summary>Whether the tokens of this consent include a refresh token.</summary>
    public virtual bool GivesRefreshToken(Parameters authorization, bool firstConsent) => true;

    /// <summary>The reply of the API to a request without a live token.</summary>
    public abstract Reply Unauthorized(bool tokenSent);

    /// <summary>The reply of the API to a live token that lacks a scope.</summary>
    public abstract Reply MissingScope(string scope);

    /// <summary>The reply of one of the provider's own API addresses; <see langword="null"/> if it has no such address.</summary>
    public abstract Reply? Api(string method, string path, AccessRecord token);

    protected static string Describe(AuthorizationFlaw flaw) => flaw switch
    {
        AuthorizationFlaw.UnknownClient => "Unknown client",
        AuthorizationFlaw.InvalidRedirectUri => "Invalid Redirect URI",
        AuthorizationFlaw.InvalidScope => "Invalid scope",
        _ => "Invalid request",
    };
}
