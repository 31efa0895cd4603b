using TokenLifecycle;

namespace TrainingDashboard.Connections;

/// <summary>The status of a connection, in a user's words, and the one button that resolves it.</summary>
public sealed record Advice(string Badge, string Tone, string Text, Mend Mend, string? Button = null)
{
    public static Advice Of(ConnectionStatus status, string name) => status switch
    {
        { State: TokenState.Missing } => new("Not connected", "idle", $"Connect {name} to see your training here.", Mend.Connect, $"Connect {name}"),
        { State: TokenState.ReauthorizationRequired } => new("Reconnect", "bad", Why(status.Reason, name), Mend.Connect, $"Reconnect {name}"),
        { State: TokenState.Unreadable } => new("On hold", "bad", "The connection is stored, but cannot be read at the moment. You don't need to do anything, and nothing was lost.", Mend.Nothing),
        { LastFailure: { } failure } => Failing(status.State is TokenState.Valid or TokenState.ExpiringSoon, failure.Kind, name),
        { MissingScopes.Count: > 0 } => new("Incomplete", "warn", "It works, but you did not allow everything, so some things are missing below.", Mend.Connect, "Allow the rest"),
        { State: TokenState.Expired } => new("Renewing", "warn", "The token has expired. It is renewed when it is next used.", Mend.TryAgain, "Renew now"),
        _ => new("Connected", "good", "Everything works. There is nothing to do.", Mend.Nothing),
    };

    public static string Of(TokenFailureKind kind, string name) => kind switch
    {
        TokenFailureKind.Network or TokenFailureKind.NoAnswer => $"{name} could not be reached.",
        TokenFailureKind.ProviderUnavailable => $"{name} is having trouble.",
        TokenFailureKind.ProtocolError or TokenFailureKind.ExpiredTokenReturned => $"{name} gave an answer that makes no sense.",
        TokenFailureKind.RateLimited => $"{name} asked for fewer calls.",
        TokenFailureKind.GrantRejected or TokenFailureKind.InteractionRequired or TokenFailureKind.UnknownRejection => $"{name} did not accept the stored connection.",
        TokenFailureKind.ClientRejected => $"{name} does not accept this app.",
        _ => "The connection could not be read or written on our side.",
    };

    private static Advice Failing(bool works, TokenFailureKind kind, string name) => kind switch
    {
        TokenFailureKind.ClientRejected or TokenFailureKind.StoreUnavailable or TokenFailureKind.Unreadable =>
            new("On hold", works ? "warn" : "bad", "Something went wrong on our side. You don't need to do anything; the operator has been notified.", Mend.Nothing),
        TokenFailureKind.RateLimited => new(works ? "Connected" : "Waiting", "warn", $"{name} asked for fewer requests. Try again in a moment. Nothing was lost.", Mend.TryAgain, "Try again"),
        _ => new(works ? "Connected" : "Waiting", "warn", $"{name} cannot renew the connection at the moment. Try again in a moment. Nothing was lost.", Mend.TryAgain, "Try again"),
    };

    private static string Why(ReauthorizationReason? reason, string name) => reason switch
    {
        ReauthorizationReason.LostRotation => $"An answer of {name} was lost on the way, and the connection with it. It was not your doing; reconnect once and all is well.",
        ReauthorizationReason.InteractionRequired => $"{name} wants you to sign in or agree again.",
        ReauthorizationReason.NoRefreshToken => $"{name} gave access for a short time only. Reconnect to go on.",
        _ => $"{name} no longer accepts the connection: access was withdrawn there, or ran out. Reconnect to go on; nothing of yours was deleted.",
    };
}
