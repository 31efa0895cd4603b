namespace TokenLifecycle.Testing;

/// <summary>Whose paths, reply shapes and habits the simulated server has.</summary>
public enum Dialect
{
    /// <summary>The standard's own: RFC 6749, 7009 and 7636.</summary>
    Rfc6749 = 0,

    /// <summary>
    /// Strava: <c>Fault</c> error bodies, <c>expires_at</c>, the athlete in the code reply only, scopes separated by commas.
    /// </summary>
    Strava = 1,

    /// <summary>
    /// TrainingPeaks: short-lived tokens with <c>!</c> in them, lower-case <c>bearer</c>, <c>invalid_request</c> for nearly everything.
    /// </summary>
    TrainingPeaks = 2,

    /// <summary>
    /// Google: ID tokens, refresh tokens that do not rotate and come with the first consent only, revocation without client authentication.
    /// </summary>
    Google = 3,
}
