namespace TokenLifecycle.Storage;

/// <summary>
/// What this process remembers of stored connections. Code that learns that another process has changed one (from a database that notifies,
/// or a message bus) reports it here, and the
/// next call reads the store instead of waiting until <c>CacheDuration</c> is over. Nothing depends on it: a notification that is lost,
/// late, repeated or wrong costs one read or that wait.
/// </summary>
/// <remarks>A service of the app's container. Both methods may be called at any time by any thread, are quick, and do not throw.</remarks>
public interface ITokenCacheInvalidator
{
    /// <summary>One connection was changed. Does nothing where the change is known already.</summary>
    /// <param name="change">Which one, and what is out of date.</param>
    void Invalidate(TokenInvalidation change);

    /// <summary>
    /// Changes may have been missed, so everything is to be read again when it is next wanted. Say it when listening has begun, and each
    /// time that it begins again.
    /// </summary>
    void OutdateAll();
}
