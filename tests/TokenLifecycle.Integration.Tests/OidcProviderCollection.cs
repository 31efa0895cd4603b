namespace TokenLifecycle.Integration.Tests;

/// <summary>One provider for all tests that only need some user of their own: take a login that no other test uses.</summary>
[CollectionDefinition(Name)]
public sealed class OidcProviderCollection : ICollectionFixture<OidcProvider>
{
    public const string Name = "oidc-provider";
}
