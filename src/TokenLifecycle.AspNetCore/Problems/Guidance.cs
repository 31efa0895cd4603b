namespace TokenLifecycle.AspNetCore;

/// <summary>What a person can do about it, in one word for programs and one sentence for people (incident A).</summary>
/// <param name="Action">One of <c>none</c>, <c>retry</c>, <c>wait</c>, <c>reconnect</c>, <c>support</c>.</param>
/// <param name="Text">The sentence.</param>
internal sealed record Guidance(string Action, string Text)
{
    public static readonly Guidance Connect = new("reconnect", "Connect your account to use this.");
    private static readonly Guidance Nothing = new("none", "Everything works. There is nothing to do.");
    private static readonly Guidance Reconnect = new("reconnect", "The provider no longer grants access. Connect again. None of your data was deleted.");
    private static readonly Guidance Retry = new("retry", "The provider could not be reached. Try again in a moment.");
    private static readonly Guidance Restart = new("retry", "This app is restarting. Try again in a moment.");
    private static readonly Guidance Wait = new("wait", "The provider asked for fewer requests. Try again in a moment.");
    private static readonly Guidance Support = new("support", "Something went wrong on our side. You don't need to do anything. Contact support if this continues.");
    private static readonly Guidance OtherAccount = new("reconnect", "You chose another account than the one that is connected. The connected one was kept; disconnect it first if you want to change.");

    public static Guidance Of(ConnectionStatus status) => status switch
    {
        { State: TokenState.Missing } => Connect,
        { State: TokenState.ReauthorizationRequired } => Of(status.Reason ?? ReauthorizationReason.GrantRejected),
        { State: TokenState.Unreadable } => Support,
        { State: TokenState.Expired, LastFailure: { } failure } => Of(failure.Kind),
        _ => Nothing,
    };

    public static Guidance Of(ReauthorizationReason reason) => reason switch
    {
        ReauthorizationReason.NotConnected => Connect,
        ReauthorizationReason.DifferentAccount => OtherAccount,
        _ => Reconnect,
    };

    public static Guidance Of(TokenFailureKind kind) => kind switch
    {
        TokenFailureKind.Network or TokenFailureKind.NoAnswer or TokenFailureKind.ProviderUnavailable or TokenFailureKind.ProtocolError
            or TokenFailureKind.StoreUnavailable or TokenFailureKind.LeaseUnavailable or TokenFailureKind.ExpiredTokenReturned => Retry,
        TokenFailureKind.Stopping => Restart,
        TokenFailureKind.RateLimited => Wait,
        TokenFailureKind.GrantRejected or TokenFailureKind.InteractionRequired => Reconnect,
        _ => Support,
    };

    public static Guidance OfConfiguration() => Support;
}
