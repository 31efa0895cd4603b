namespace TokenLifecycle.Testing;

/// <summary>What happens to a refresh token when it is used.</summary>
public enum Rotation
{
    /// <summary>It stays, and stays valid.</summary>
    Static = 0,

    /// <summary>
    /// It is consumed and a new one takes its place. Using it again revokes the whole family, unless the grace allows it.
    /// </summary>
    EveryUse = 1,

    /// <summary>The server issues no refresh tokens.</summary>
    NoRefreshToken = 2,
}
