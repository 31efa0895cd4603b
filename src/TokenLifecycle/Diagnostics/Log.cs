using Microsoft.Extensions.Logging;

namespace TokenLifecycle.Diagnostics;

/// <summary>Every message of the library, with its event id. None takes a token, a code, a secret or text of a provider beyond its cleaned error code.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "{Key}: refreshed; the token ends {ExpiresAt}.")]
    public static partial void Refreshed(ILogger logger, TokenKey key, DateTimeOffset? expiresAt);

    [LoggerMessage(2, LogLevel.Debug, "{Key}: somebody else had refreshed it already; their token is used.")]
    public static partial void Adopted(ILogger logger, TokenKey key);

    [LoggerMessage(3, LogLevel.Warning, "{Key}: refresh failed: {Kind} (HTTP {Status}, error code {ErrorCode}; {Detail}). Attempt {Attempts}; next not before {NextAttemptAt}. Nothing was deleted.")]
    public static partial void RefreshFailed(ILogger logger, TokenKey key, TokenFailureKind kind, int? status, string? errorCode, string? detail, int attempts, DateTimeOffset? nextAttemptAt);

    [LoggerMessage(4, LogLevel.Warning, "{Key}: the user has to reconnect: {Reason} (error code {ErrorCode}). No more calls are made for it until then. Nothing was deleted.")]
    public static partial void ReauthorizationRequired(ILogger logger, TokenKey key, ReauthorizationReason reason, string? errorCode);

    [LoggerMessage(5, LogLevel.Error, "{Key}: new tokens were received but could not be saved. They are in use and the save is retried; if the process ends before it succeeds the connection may be lost.")]
    public static partial void SaveDelayed(ILogger logger, Exception? exception, TokenKey key);

    [LoggerMessage(6, LogLevel.Information, "{Key}: the delayed save succeeded.")]
    public static partial void SaveCaughtUp(ILogger logger, TokenKey key);

    [LoggerMessage(7, LogLevel.Warning, "{Key}: the delayed save was dropped: something newer is stored.")]
    public static partial void SaveSuperseded(ILogger logger, TokenKey key);

    [LoggerMessage(8, LogLevel.Error, "{Key}: the token store failed at {Operation}.")]
    public static partial void StoreFailed(ILogger logger, Exception exception, TokenKey key, string operation);

    [LoggerMessage(9, LogLevel.Critical, "Provider {Provider} rejects this application (HTTP {Status}, error code {ErrorCode}): check ClientId, ClientSecret and Scopes. No connection was changed; calls resume when the settings change, and one is tried every {Pause}.")]
    public static partial void ClientRejected(ILogger logger, string provider, int? status, string? errorCode, TimeSpan pause);

    [LoggerMessage(10, LogLevel.Information, "Provider {Provider} accepts this application again.")]
    public static partial void ClientAccepted(ILogger logger, string provider);

    [LoggerMessage(11, LogLevel.Critical, "Provider {Provider}: {Rejected} of {Total} connections had their grant rejected within {Window}. That is no coincidence: the verdicts are held back and all tokens are kept. Look at the provider's status and at the client's settings.")]
    public static partial void MassRejectionHeld(ILogger logger, string provider, int rejected, int total, TimeSpan window);

    [LoggerMessage(12, LogLevel.Warning, "{Key}: the provider's answer was refused, but its refresh token was saved ({Detail}).")]
    public static partial void RefreshTokenSalvaged(ILogger logger, TokenKey key, string? detail);

    [LoggerMessage(13, LogLevel.Warning, "{Key}: the provider's clock and this machine's differ by {Skew}. Lifetimes are counted from the request, so nothing breaks; set the clock.")]
    public static partial void ClockSkew(ILogger logger, TokenKey key, TimeSpan skew);

    [LoggerMessage(14, LogLevel.Warning, "{Key}: {Asked} of validity were asked for, but the provider's token lives only {Lifetime}.")]
    public static partial void MinimumValidityUnreachable(ILogger logger, TokenKey key, TimeSpan asked, TimeSpan? lifetime);

    [LoggerMessage(15, LogLevel.Error, "{Key}: the stored tokens were issued by {StoredIssuer} to client {StoredClient}, but the provider is now configured as {Issuer} with client {Client}. They are not sent there.")]
    public static partial void IssuerChanged(ILogger logger, TokenKey key, string? storedIssuer, string? storedClient, string? issuer, string client);

    [LoggerMessage(16, LogLevel.Information, "{Key}: connected; the token ends {ExpiresAt}.")]
    public static partial void Connected(ILogger logger, TokenKey key, DateTimeOffset? expiresAt);

    [LoggerMessage(17, LogLevel.Information, "{Key}: disconnected; at the provider: {Outcome}.")]
    public static partial void Disconnected(ILogger logger, TokenKey key, RevocationOutcome outcome);

    [LoggerMessage(18, LogLevel.Warning, "{Key}: revocation at the provider failed (HTTP {Status}; {Detail}). The grant may live on there.")]
    public static partial void RevocationFailed(ILogger logger, TokenKey key, int? status, string? detail);

    [LoggerMessage(19, LogLevel.Error, "The observer {Observer} threw at {Event}. Nothing else is affected.")]
    public static partial void ObserverFailed(ILogger logger, Exception exception, string observer, string @event);

    [LoggerMessage(20, LogLevel.Error, "{Key}: the row in the store cannot be read. It is left as it is.")]
    public static partial void Unreadable(ILogger logger, Exception exception, TokenKey key);

    [LoggerMessage(21, LogLevel.Warning, "Provider {Provider}: too many failures; no calls for {Pause}.")]
    public static partial void BreakerOpened(ILogger logger, string provider, TimeSpan pause);

    [LoggerMessage(22, LogLevel.Error, "{Key}: a background task failed.")]
    public static partial void BackgroundFailed(ILogger logger, Exception exception, TokenKey key);

    [LoggerMessage(23, LogLevel.Error, "The reloaded settings of {Settings} are not valid and are not used; the last valid ones stay in force. {Failures}")]
    public static partial void SettingsRejected(ILogger logger, string settings, string failures);

    [LoggerMessage(24, LogLevel.Error, "The token store is not fit for use. {Subject}: {Problem} To mend it: {Remedy}")]
    public static partial void StoreUnfit(ILogger logger, string subject, string problem, string remedy);

    [LoggerMessage(26, LogLevel.Error, "Provider {Provider}: the token store failed at {Operation}.")]
    public static partial void StoreSearchFailed(ILogger logger, Exception exception, string provider, string operation);

    [LoggerMessage(27, LogLevel.Information, "Background refresh of {Provider}: {Refreshed} refreshed, {Failed} failed, {Spread} spread over the time to come.")]
    public static partial void Swept(ILogger logger, string provider, int refreshed, int failed, int spread);

    [LoggerMessage(28, LogLevel.Error, "Background refresh of {Provider}: a pass failed; the next one comes in {Pause}.")]
    public static partial void SweepFailed(ILogger logger, Exception exception, string provider, TimeSpan pause);

    [LoggerMessage(25, LogLevel.Information, "Import (dry run: {DryRun}): {Imported} rows accepted, {Refused} refused, {NotReached} not reached because the store failed.")]
    public static partial void Imported(ILogger logger, Exception? exception, bool dryRun, int imported, int refused, int notReached);
}
