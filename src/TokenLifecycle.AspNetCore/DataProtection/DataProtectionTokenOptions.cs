namespace TokenLifecycle.AspNetCore;

/// <summary>What an app knowingly does without when Data Protection guards its stored tokens.</summary>
public sealed class DataProtectionTokenOptions
{
    /// <summary>
    /// Whether the start may go on outside Development although no place for the keys was chosen. Where ASP.NET Core then keeps them
    /// differs between machines and users; in a container they end with it, and every stored token becomes unreadable.
    /// </summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool AllowUnsharedKeys { get; set; }

    /// <summary>
    /// Whether the start may go on outside Development although the keys are not encrypted: anyone who reads a backup of keys and store
    /// then has the tokens.
    /// </summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool AllowUnencryptedKeys { get; set; }
}
