namespace TokenLifecycle.Options;

/// <summary>The unit of a lifetime in a response.</summary>
public enum LifetimeUnit
{
    /// <summary>Seconds (RFC 6749 section 5.1).</summary>
    Seconds = 0,

    /// <summary>Milliseconds.</summary>
    Milliseconds = 1,
}
