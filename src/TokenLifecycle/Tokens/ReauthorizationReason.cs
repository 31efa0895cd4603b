namespace TokenLifecycle;

/// <summary>Why the user has to connect (again).</summary>
public enum ReauthorizationReason
{
    /// <summary>There is no connection yet, or it was disconnected.</summary>
    NotConnected = 0,

    /// <summary>The provider rejected the stored refresh token: the user withdrew access, or the grant ran out.</summary>
    GrantRejected = 1,

    /// <summary>
    /// An earlier refresh had no known outcome (a crash, a lost answer) and the provider then rejected the stored refresh token:
    /// most likely the provider had already replaced it. The user did nothing wrong.
    /// </summary>
    LostRotation = 2,

    /// <summary>
    /// The provider wants the user to sign in or consent again (<c>interaction_required</c>, <c>consent_required</c> and similar).
    /// </summary>
    InteractionRequired = 3,

    /// <summary>The access token has expired and the provider never issued a refresh token.</summary>
    NoRefreshToken = 4,

    /// <summary>
    /// The provider refused to refresh this connection many times over more than a day without stating that the grant is invalid, and
    /// nothing indicated a problem with the client: other connections were refreshed, or there is none.
    /// </summary>
    RepeatedUnknownRejection = 5,

    /// <summary>
    /// The user authorized another account at the provider than the one that is connected. The connected one was kept; disconnect it first
    /// if the change is wanted.
    /// </summary>
    DifferentAccount = 6,
}
