namespace TokenLifecycle.Options;

/// <summary>Where a provider states the immutable id of the connected account.</summary>
public enum AccountIdSource
{
    /// <summary>Nowhere.</summary>
    None = 0,

    /// <summary>In the token reply, at <see cref="OAuthProviderOptions.AccountIdPath"/>.</summary>
    Reply = 1,

    /// <summary>
    /// In the callback's query, as the parameter <see cref="OAuthProviderOptions.AccountIdPath"/>. The browser brings it, so it is a
    /// claim and not
    /// proof: users can't sign in by it, and it shows nothing about other users' connections.
    /// </summary>
    Callback = 2,

    /// <summary>In the ID token of the code exchange, as the claim <see cref="OAuthProviderOptions.AccountIdPath"/>.</summary>
    IdToken = 3,

    /// <summary>
    /// In the answer of <see cref="OAuthProviderOptions.UserInfoEndpoint"/>, at <see cref="OAuthProviderOptions.AccountIdPath"/>.
    /// </summary>
    UserInfo = 4,
}
