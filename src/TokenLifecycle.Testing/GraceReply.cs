namespace TokenLifecycle.Testing;

/// <summary>What a consumed refresh token is answered with inside <see cref="SimulatedServerOptions.ReuseGrace"/>.</summary>
public enum GraceReply
{
    /// <summary>The pair that took its place, again.</summary>
    SamePair = 0,

    /// <summary>Another new pair of the same family; the earlier ones stay valid.</summary>
    NewPair = 1,
}
