using TokenLifecycle;

namespace TrainingDashboard.Connections;

/// <summary>Describes the status of a connection to the user, with the one button that resolves it.</summary>
public sealed record Advice(string Badge, string Tone, string Text, CardAction Action, string? Button = null)
{
    public static Advice Of(ConnectionStatus status, string name) => status switch
    {
        { State: TokenState.Missing } => new("Not connected", "idle", $"Connect {name} to see your training here.", CardAction.Connect, $"Connect {name}"),
        { State: TokenState.ReauthorizationRequired } => new("Reconnect", "bad", Why(status.Reason, name), CardAction.Connect, $"Reconnect {name}"),
        { State: TokenState.Unreadable } => new("On hold", "bad", "The connection is stored, but cannot be read at the moment. You don't need to do anything, and nothing was lost.", CardAction.Nothing),
        { LastFailure: { } failure } => Failing(status.State is TokenState.Valid or TokenState.ExpiringSoon, failure.Kind, name),
        { MissingScopes.Count: > 0 } => new("Incomplete", "warn", "The connection works, but you did not allow everything, so some data is missing below.", CardAction.Connect, "Allow the rest"),
        { State: TokenState.Expired } => new("Renewing", "warn", "The token has expired. It is renewed when it is next used.", CardAction.TryAgain, "Renew now"),
        _ => new("Connected", "good", "Everything works. There is nothing to do.", CardAction.Nothing),
    };

    public static string Of(TokenFailureKind kind, string name) => kind switch
    {
        TokenFailureKind.Network or TokenFailureKind.NoAnswer => $"{name} could not be reached.",
        TokenFailureKind.ProviderUnavailable => $"{name} is having trouble.",
        TokenFailureKind.ProtocolError or TokenFailureKind.ExpiredTokenReturned => $"{name} returned an invalid response.",
        TokenFailureKind.RateLimited => $"{name} asked for fewer requests.",
        TokenFailureKind.GrantRejected or TokenFailureKind.InteractionRequired or TokenFailureKind.UnknownRejection => $"{name} did not accept the stored connection.",
        TokenFailureKind.ClientRejected => $"{name} does not accept this app.",
        _ => "We could not read or save the connection.",
    };

    private static Advice Failing(bool works, TokenFailureKind kind, string name) => kind switch
    {
        TokenFailureKind.ClientRejected or TokenFailureKind.StoreUnavailable or TokenFailureKind.Unreadable =>
            new("On hold", works ? "warn" : "bad", "Something went wrong on our side. You don't need to do anything; the operator has been notified.", CardAction.Nothing),
        TokenFailureKind.RateLimited => new(works ? "Connected" : "Waiting", "warn", $"{name} asked for fewer requests. Try again in a moment. Nothing was lost.", CardAction.TryAgain, "Try again"),
        _ => new(works ? "Connected" : "Waiting", "warn", $"{name} cannot renew the connection at the moment. Try again in a moment. Nothing was lost.", CardAction.TryAgain, "Try again"),
    };

    private static string Why(ReauthorizationReason? reason, string name) => reason switch
    {
        ReauthorizationReason.LostRotation => $"A response from {name} was lost, and the connection with it. You did nothing wrong. Reconnect to continue.",
        ReauthorizationReason.InteractionRequired => $"{name} asks you to sign in or to consent again.",
        ReauthorizationReason.NoRefreshToken => $"{name} granted access for a short time only. Reconnect to continue.",
        _ => $"{name} no longer accepts the connection: access was revoked or has expired. Reconnect to continue. None of your data was deleted.",
    };
}
