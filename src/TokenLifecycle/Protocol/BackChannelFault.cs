namespace TokenLifecycle.Protocol;

/// <summary>Why an exchange on the back channel brought no complete answer.</summary>
internal enum BackChannelFault
{
    /// <summary>There is a complete answer.</summary>
    None,

    /// <summary>No byte of the body left this process.</summary>
    NotSent,

    /// <summary>The deadline passed or the connection was lost after sending began.</summary>
    NoAnswer,

    /// <summary>An answer came that is too large or is not HTTP.</summary>
    Unreadable,
}
