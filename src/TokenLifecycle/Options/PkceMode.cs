namespace TokenLifecycle.Options;

/// <summary>Whether the authorization request carries a code challenge (RFC 7636).</summary>
public enum PkceMode
{
    /// <summary>Always, with S256. The <c>plain</c> method is never sent.</summary>
    S256 = 0,

    /// <summary>Never: for providers that do not know it.</summary>
    Off = 1,
}
