namespace TokenLifecycle.Http;

/// <summary>What a token handler needs to know of its provider.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Origins">Where its tokens may go.</param>
/// <param name="IsForApplication">Whether its tokens belong to the app and to no user.</param>
internal sealed record TokenHandlerSettings(string Provider, AllowedOrigins Origins, bool IsForApplication)
{
    /// <summary>The key of the app itself, from which those of users are made.</summary>
    public TokenKey Application { get; } = TokenKey.ForApplication(Provider);
}
