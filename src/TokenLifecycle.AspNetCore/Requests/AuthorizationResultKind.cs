namespace TokenLifecycle.AspNetCore;

/// <summary>The result of an attempt to connect.</summary>
internal enum AuthorizationResultKind
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
