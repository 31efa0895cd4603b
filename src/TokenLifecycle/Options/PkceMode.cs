namespace TokenLifecycle.Options;

/// <summary>Whether the authorization request carries a code challenge (RFC 7636).</summary>
public enum PkceMode
{
    /// <summary>Always, with S256.</summary>
    S256 = 0,

    /// <summary>Never: for providers that do not know it.</summary>
    Off = 1,

    /// <summary>
    /// Always, with the method <c>plain</c>: for providers that support nothing else (MyAnimeList). The authorization request then holds
    /// the verifier itself, so that it protects less; a warning is logged on start.
    /// </summary>
    Plain = 2,
}
