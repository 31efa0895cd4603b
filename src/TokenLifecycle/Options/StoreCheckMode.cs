namespace TokenLifecycle.Options;

/// <summary>What happens on start if the token store is not fit for use.</summary>
public enum StoreCheckMode
{
    /// <summary>The host does not start, and the error states what to fix.</summary>
    Fail,

    /// <summary>The host starts, and each problem is logged as an error.</summary>
    Warn,

    /// <summary>The store is not looked at on start.</summary>
    Off,
}
