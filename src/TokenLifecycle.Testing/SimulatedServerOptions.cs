using System.Diagnostics;
using System.Text.Json.Serialization;
using TokenLifecycle.Options;

namespace TokenLifecycle.Testing;

/// <summary>
/// How the simulated server behaves. Everything but the dialect, the client and the clock may also be changed while it runs.
/// </summary>
/// <remarks>Where the default is <see langword="null"/>, the dialect decides.</remarks>
[DebuggerDisplay("Simulated server options ({Dialect}, secret redacted)")]
public sealed class SimulatedServerOptions
{
    /// <summary>Whose behaviour is simulated.</summary>
    /// <value>The default value is <see cref="Dialect.Rfc6749"/>.</value>
    public Dialect Dialect { get; set; }

    /// <summary>The clock of lifetimes, delays and the log.</summary>
    /// <value>The default value is <see cref="TimeProvider.System"/>.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The client that is registered.</summary>
    /// <value>The default value is <see langword="null"/>: an id of the dialect's kind.</value>
    public string? ClientId { get; set; }

    /// <summary>The registered client's secret; empty registers a public client.</summary>
    /// <value>The default value is <see langword="null"/>: a random one.</value>
    [JsonIgnore]
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? ClientSecret { get; set; }

    /// <summary>The only client authentication that the token endpoint accepts.</summary>
    /// <value>The default value is <see langword="null"/>: Body or Basic, exactly one of them; Strava only takes Body.</value>
    public ClientAuthenticationMethod? ClientAuthentication { get; set; }

    /// <summary>The registered redirect addresses.</summary>
    /// <value>The default value is empty: any absolute address is taken.</value>
    public IList<string> RedirectUris { get; } = [];

    /// <summary>Whether a JSON body is accepted besides a form at the token and revocation endpoints.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool AcceptJsonBodies { get; set; }

    /// <summary>
    /// Whether the authorization endpoint redirects at once, as though the user had agreed. Otherwise it shows a page with a form.
    /// </summary>
    /// <value>The default value is <see langword="true"/>.</value>
    public bool ConsentAutomatically { get; set; } = true;

    /// <summary>Which of the requested scopes a user grants when consent is automatic.</summary>
    /// <value>The default value is <see langword="null"/>: all of them.</value>
    public Func<SimulatedUser, IReadOnlyList<string>, IEnumerable<string>>? UserGrants { get; set; }

    /// <summary>What becomes of a used refresh token.</summary>
    /// <value>The default value is <see langword="null"/>: <see cref="Rotation.Static"/> for Google, else
    /// <see cref="Rotation.EveryUse"/>.</value>
    public Rotation? Rotation { get; set; }

    /// <summary>How long a consumed refresh token is still answered; <see cref="TimeSpan.MaxValue"/> for no limit.</summary>
    /// <value>The default value is zero: using it again revokes the family.</value>
    public TimeSpan ReuseGrace { get; set; }

    /// <summary>What it is answered with inside that time.</summary>
    /// <value>The default value is <see cref="GraceReply.SamePair"/>.</value>
    public GraceReply GraceReply { get; set; }

    /// <summary>A refresh while the access token has more than this left returns the same access token and consumes nothing.</summary>
    /// <value>The default value is <see langword="null"/>: one hour for Strava, else never.</value>
    public TimeSpan? SameTokenWhileMoreThan { get; set; }

    /// <summary>How long access tokens live.</summary>
    /// <value>The default value is <see langword="null"/>: 1 h; Strava 6 h, TrainingPeaks 600 s, Google 3599 s.</value>
    public TimeSpan? AccessTokenLifetime { get; set; }

    /// <summary>How long an unused refresh token lives.</summary>
    /// <value>The default value is <see langword="null"/>: no limit.</value>
    public TimeSpan? RefreshTokenIdleLifetime { get; set; }

    /// <summary>How long a grant lives, however often it is refreshed.</summary>
    /// <value>The default value is <see langword="null"/>: no limit.</value>
    public TimeSpan? RefreshTokenLifetime { get; set; }

    /// <summary>How long an authorization code lives.</summary>
    /// <value>The default value is <see langword="null"/>: 1 min; TrainingPeaks 60 min.</value>
    public TimeSpan? CodeLifetime { get; set; }

    /// <summary>Whether token replies hold <c>scope</c>.</summary>
    /// <value>The default value is <see langword="null"/>: yes, but not from Strava.</value>
    public bool? SendScope { get; set; }

    /// <summary>Whether token replies hold <c>expires_in</c>.</summary>
    /// <value>The default value is <see langword="true"/>.</value>
    public bool SendExpiresIn { get; set; } = true;

    /// <summary>Whether token replies hold <c>expires_at</c> (seconds since 1970).</summary>
    /// <value>The default value is <see langword="null"/>: only from Strava.</value>
    public bool? SendExpiresAt { get; set; }

    /// <summary>Whether token replies hold <c>refresh_token_expires_in</c> when <see cref="RefreshTokenLifetime"/> is set.</summary>
    /// <value>The default value is <see langword="null"/>: only from Google.</value>
    public bool? SendRefreshTokenExpiresIn { get; set; }

    /// <summary>Whether callbacks hold <c>iss</c> (RFC 9207).</summary>
    /// <value>The default value is <see langword="null"/>: only from Google, whose own issuer is named; others name this server's
    /// address.</value>
    public bool? SendIssuer { get; set; }

    /// <summary>
    /// Is part of every issued token, code and generated client secret, so that a test can search for it where no secret may be.
    /// </summary>
    /// <value>The default value is empty. Letters and digits only.</value>
    public string SecretMark { get; set; } = "";

    /// <summary>The length of issued access tokens, in characters.</summary>
    /// <value>The default value is <see langword="null"/>: about 45 and whatever the mark adds.</value>
    public int? AccessTokenLength { get; set; }

    /// <summary>Whether <see cref="ServerLog.Requests"/> keeps every request whole. Switch it off for a long load test.</summary>
    /// <value>The default value is <see langword="true"/>.</value>
    public bool RecordRequests { get; set; } = true;
}
