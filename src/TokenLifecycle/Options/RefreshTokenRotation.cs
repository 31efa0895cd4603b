namespace TokenLifecycle.Options;

/// <summary>
/// What a provider does with the refresh token when it is used. Whatever is set here, a missing refresh token in a reply keeps the stored
/// one.
/// </summary>
public enum RefreshTokenRotation
{
    /// <summary>A reply may bring a new refresh token, and the old one is then dead.</summary>
    MayRotate = 0,

    /// <summary>Each use brings a new refresh token.</summary>
    EveryUse = 1,

    /// <summary>The refresh token never changes, so sending it again is harmless.</summary>
    Static = 2,

    /// <summary>The provider gives no refresh tokens.</summary>
    None = 3,
}
