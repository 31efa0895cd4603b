namespace TokenLifecycle.Protocol;

/// <summary>What a request to a provider is for, as far as its parameters are concerned.</summary>
internal enum ProviderRequestKind
{
    Authorization,
    Token,
    Refresh,
    Revocation,
    UserInfo,
}
