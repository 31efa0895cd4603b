namespace TokenLifecycle.EntityFramework;

/// <summary>How the store in the app's database behaves.</summary>
public sealed class EntityFrameworkTokenStoreOptions
{
    /// <summary>
    /// Whether processes notify each other of disconnects, new tokens and decisions by PostgreSQL's <c>LISTEN</c> and <c>NOTIFY</c>, so
    /// that what one of them remembers is out
    /// of date at once and not when <c>CacheDuration</c> is over. Each process then keeps one connection to the database for listening. The same for all processes.
    /// </summary>
    /// <value>The default value is <see langword="false"/>. On other engines it changes nothing.</value>
    public bool NotifyChanges { get; set; }
}
