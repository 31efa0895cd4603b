namespace TokenLifecycle.AspNetCore;

/// <summary>The result of an attempt to connect.</summary>
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
    TooManyConnections,
    Failed,
}
