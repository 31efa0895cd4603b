namespace TokenLifecycle.EntityFramework.PostgreSql;

/// <summary>How connections are kept in PostgreSQL.</summary>
public sealed class PostgreSqlStoreOptions
{
    /// <summary>
    /// Whether processes notify each other of disconnects, new tokens and decisions by <c>LISTEN</c> and <c>NOTIFY</c>, so that cached
    /// tokens are out of date at once and not when <c>CacheDuration</c> is over. Each process then keeps one connection to the database
    /// for listening. The same for all processes.
    /// </summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool NotifyChanges { get; set; }
}
