namespace TokenLifecycle.AspNetCore;

/// <summary>How an attempt to connect ended.</summary>
internal enum FlowEnding
{
    Connected,
    Denied,
    InvalidResponse,
    CodeRejected,
    ClientRejected,
    Temporary,
    RefreshTokenMissing,
    DifferentAccount,
    OtherUser,
    NobodyFound,
    OwnerUnknown,
    NotSaved,
    Failed,
}
