namespace TokenLifecycle.Connections;

/// <summary>What is wrong with a token set.</summary>
internal enum TokenSetFault
{
    /// <summary>A token is empty or holds what no token may hold.</summary>
    NotAToken = 0,

    /// <summary>A token is longer than is kept.</summary>
    TooLong = 1,

    /// <summary>An account id stands where a token should.</summary>
    AccountId = 2,
}
