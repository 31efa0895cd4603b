using Microsoft.Extensions.Logging;

namespace TokenLifecycle.Diagnostics;

/// <summary>
/// Every message of the core, with its event id (1 to 99). None takes a token, a code, a secret or text of a provider beyond its cleaned
/// error code. Connections are named by <see cref="KeyText"/>, without the user's id unless the app wants it.
/// </summary>
internal static partial class Log
{
    public static void Refreshed(ILogger logger, TokenKey key, DateTimeOffset? expiresAt) => Refreshed(logger, Text(logger, key), expiresAt);

    [LoggerMessage(1, LogLevel.Information, "{Key}: refreshed; the token expires {ExpiresAt}.")]
    private static partial void Refreshed(ILogger logger, KeyText key, DateTimeOffset? expiresAt);

    public static void Adopted(ILogger logger, TokenKey key) => Adopted(logger, Text(logger, key));

    [LoggerMessage(2, LogLevel.Debug, "{Key}: another process already refreshed this connection; using its token.")]
    private static partial void Adopted(ILogger logger, KeyText key);

    public static void RefreshFailed(ILogger logger, TokenKey key, TokenFailureKind kind, int? status, string? errorCode, string? detail, int attempts, DateTimeOffset? nextAttemptAt) => RefreshFailed(logger, Text(logger, key), kind, status, errorCode, detail, attempts, nextAttemptAt);

    [LoggerMessage(3, LogLevel.Warning, "{Key}: refresh failed: {Kind} (HTTP {Status}, error code {ErrorCode}; {Detail}). Attempt {Attempts}; next not before {NextAttemptAt}. Nothing was deleted.")]
    private static partial void RefreshFailed(ILogger logger, KeyText key, TokenFailureKind kind, int? status, string? errorCode, string? detail, int attempts, DateTimeOffset? nextAttemptAt);

    public static void ReauthorizationRequired(ILogger logger, TokenKey key, ReauthorizationReason reason, string? errorCode) => ReauthorizationRequired(logger, Text(logger, key), reason, errorCode);

    [LoggerMessage(4, LogLevel.Warning, "{Key}: the user has to reconnect: {Reason} (error code {ErrorCode}). No more calls are made for it until then. Nothing was deleted.")]
    private static partial void ReauthorizationRequired(ILogger logger, KeyText key, ReauthorizationReason reason, string? errorCode);

    public static void SaveDelayed(ILogger logger, Exception? exception, TokenKey key) => SaveDelayed(logger, exception, Text(logger, key));

    [LoggerMessage(5, LogLevel.Error, "{Key}: new tokens were received but could not be saved. They are in use and the save is retried; if the process stops before it succeeds, the connection may be lost.")]
    private static partial void SaveDelayed(ILogger logger, Exception? exception, KeyText key);

    public static void SaveCaughtUp(ILogger logger, TokenKey key) => SaveCaughtUp(logger, Text(logger, key));

    [LoggerMessage(6, LogLevel.Information, "{Key}: the delayed save succeeded.")]
    private static partial void SaveCaughtUp(ILogger logger, KeyText key);

    public static void SaveSuperseded(ILogger logger, TokenKey key) => SaveSuperseded(logger, Text(logger, key));

    [LoggerMessage(7, LogLevel.Warning, "{Key}: the delayed save was dropped: something newer is stored.")]
    private static partial void SaveSuperseded(ILogger logger, KeyText key);

    public static void TakeoverWatched(ILogger logger, TokenKey key, TimeSpan watch) => TakeoverWatched(logger, Text(logger, key), watch);

    [LoggerMessage(40, LogLevel.Information, "{Key}: the process that was refreshing this connection did not finish. It may still save new tokens, so this process watches the connection for {Watch} before it sends the refresh token.")]
    private static partial void TakeoverWatched(ILogger logger, KeyText key, TimeSpan watch);

    public static void StoreWentBack(ILogger logger, TokenKey key) => StoreWentBack(logger, Text(logger, key));

    [LoggerMessage(41, LogLevel.Error, "{Key}: the token store went back in time (a restored backup or a promoted standby): it held a refresh token that had already been replaced. This process remembered the newer tokens and stored them again. Connections that no process remembers may need a reconnect: see docs/operations.md#the-store-went-back-in-time.")]
    private static partial void StoreWentBack(ILogger logger, KeyText key);

    public static void SavedLate(ILogger logger, TokenKey key) => SavedLate(logger, Text(logger, key));

    [LoggerMessage(42, LogLevel.Warning, "{Key}: new tokens were saved late, after another process had taken over the refresh. The provider may have revoked them. A refresh is due now and shows whether they still work.")]
    private static partial void SavedLate(ILogger logger, KeyText key);

    [LoggerMessage(43, LogLevel.Critical, "The process is stopping, and the new tokens of {Count} connection(s) are not saved. Those users may have to reconnect. Fix the token store, raise HostOptions.ShutdownTimeout, or add .AddLocalSpill(path) to keep unsaved tokens, encrypted, for the next start.")]
    public static partial void GrantsUnsaved(ILogger logger, int count);

    [LoggerMessage(44, LogLevel.Warning, "The new tokens of {Count} connection(s) could not be saved before shutdown and were written, encrypted, to {Folder}. The next start with this folder saves them.")]
    public static partial void Spilled(ILogger logger, int count, string folder);

    public static void SpillSaved(ILogger logger, TokenKey key) => SpillSaved(logger, Text(logger, key));

    [LoggerMessage(45, LogLevel.Information, "{Key}: tokens that were kept locally at the last shutdown were saved to the store.")]
    private static partial void SpillSaved(ILogger logger, KeyText key);

    public static void SpillSuperseded(ILogger logger, TokenKey key) => SpillSuperseded(logger, Text(logger, key));

    [LoggerMessage(46, LogLevel.Warning, "{Key}: tokens that were kept locally at the last shutdown were discarded: the store holds newer ones, or the connection is gone.")]
    private static partial void SpillSuperseded(ILogger logger, KeyText key);

    [LoggerMessage(47, LogLevel.Error, "The folder {Folder} holds tokens of an earlier shutdown that cannot be read: {Problem} The file is left unchanged. Restore the key that encrypted it, or delete the file if its user has reconnected.")]
    public static partial void SpillUnreadable(ILogger logger, string folder, string problem);

    public static void StoreFailed(ILogger logger, Exception exception, TokenKey key, string operation) => StoreFailed(logger, exception, Text(logger, key), operation);

    [LoggerMessage(8, LogLevel.Error, "{Key}: the token store failed at {Operation}.")]
    private static partial void StoreFailed(ILogger logger, Exception exception, KeyText key, string operation);

    [LoggerMessage(9, LogLevel.Critical, "Provider {Provider} rejects this application (HTTP {Status}, error code {ErrorCode}): check ClientId, ClientSecret and Scopes. No connection was changed; calls resume when the settings change, and one is tried every {Pause}.")]
    public static partial void ClientRejected(ILogger logger, string provider, int? status, string? errorCode, TimeSpan pause);

    [LoggerMessage(10, LogLevel.Information, "Provider {Provider} accepts this application again.")]
    public static partial void ClientAccepted(ILogger logger, string provider);

    [LoggerMessage(11, LogLevel.Critical, "Provider {Provider}: {Rejected} of {Total} connections had their grant rejected within {Window}. These decisions are held: no user is asked to reconnect, and all tokens are kept. Check the provider's status and the client's settings.")]
    public static partial void MassRejectionHeld(ILogger logger, string provider, int rejected, int total, TimeSpan window);

    public static void RefreshTokenSalvaged(ILogger logger, TokenKey key, string? detail) => RefreshTokenSalvaged(logger, Text(logger, key), detail);

    [LoggerMessage(12, LogLevel.Warning, "{Key}: the provider's answer was refused, but its refresh token was saved ({Detail}).")]
    private static partial void RefreshTokenSalvaged(ILogger logger, KeyText key, string? detail);

    public static void ClockSkew(ILogger logger, TokenKey key, TimeSpan skew) => ClockSkew(logger, Text(logger, key), skew);

    [LoggerMessage(13, LogLevel.Warning, "{Key}: the provider's clock and this machine's differ by {Skew}. Lifetimes are counted from the request, so nothing breaks; set the clock.")]
    private static partial void ClockSkew(ILogger logger, KeyText key, TimeSpan skew);

    public static void MinimumValidityUnreachable(ILogger logger, TokenKey key, TimeSpan asked, TimeSpan? lifetime) => MinimumValidityUnreachable(logger, Text(logger, key), asked, lifetime);

    [LoggerMessage(14, LogLevel.Warning, "{Key}: {Asked} of validity were asked for, but the provider's token lives only {Lifetime}.")]
    private static partial void MinimumValidityUnreachable(ILogger logger, KeyText key, TimeSpan asked, TimeSpan? lifetime);

    public static void IssuerChanged(ILogger logger, TokenKey key, string? storedIssuer, string? storedClient, string? issuer, string client) => IssuerChanged(logger, Text(logger, key), storedIssuer, storedClient, issuer, client);

    [LoggerMessage(15, LogLevel.Error, "{Key}: the stored tokens were issued by {StoredIssuer} to client {StoredClient}, but the provider is now configured as {Issuer} with client {Client}. They are not sent there.")]
    private static partial void IssuerChanged(ILogger logger, KeyText key, string? storedIssuer, string? storedClient, string? issuer, string client);

    public static void Connected(ILogger logger, TokenKey key, DateTimeOffset? expiresAt) => Connected(logger, Text(logger, key), expiresAt);

    [LoggerMessage(16, LogLevel.Information, "{Key}: connected; the token expires {ExpiresAt}.")]
    private static partial void Connected(ILogger logger, KeyText key, DateTimeOffset? expiresAt);

    public static void Disconnected(ILogger logger, TokenKey key, RevocationOutcome outcome) => Disconnected(logger, Text(logger, key), outcome);

    [LoggerMessage(17, LogLevel.Information, "{Key}: disconnected; at the provider: {Outcome}.")]
    private static partial void Disconnected(ILogger logger, KeyText key, RevocationOutcome outcome);

    public static void RevocationFailed(ILogger logger, TokenKey key, int? status, string? detail) => RevocationFailed(logger, Text(logger, key), status, detail);

    [LoggerMessage(18, LogLevel.Warning, "{Key}: revocation at the provider failed (HTTP {Status}; {Detail}). The grant may live on there.")]
    private static partial void RevocationFailed(ILogger logger, KeyText key, int? status, string? detail);

    public static void Unreadable(ILogger logger, Exception exception, TokenKey key) => Unreadable(logger, exception, Text(logger, key));

    [LoggerMessage(20, LogLevel.Error, "{Key}: the row in the store cannot be read. It is left unchanged.")]
    private static partial void Unreadable(ILogger logger, Exception exception, KeyText key);

    [LoggerMessage(21, LogLevel.Warning, "Provider {Provider}: too many failures; no calls for {Pause}.")]
    public static partial void BreakerOpened(ILogger logger, string provider, TimeSpan pause);

    public static void BackgroundFailed(ILogger logger, Exception exception, TokenKey key) => BackgroundFailed(logger, exception, Text(logger, key));

    [LoggerMessage(22, LogLevel.Error, "{Key}: a background task failed.")]
    private static partial void BackgroundFailed(ILogger logger, Exception exception, KeyText key);

    [LoggerMessage(23, LogLevel.Error, "The reloaded settings of {Settings} are not used: {Problem} The last valid ones stay in force, and connections are served and refreshed with them. To fix it, correct the settings; they are then used without a restart. A restart with these settings fails.")]
    public static partial void SettingsRejected(ILogger logger, string settings, string problem);

    [LoggerMessage(29, LogLevel.Information, "The settings of {Settings} are valid again and in use.")]
    public static partial void SettingsTaken(ILogger logger, string settings);

    [LoggerMessage(30, LogLevel.Error, "A listener that the app has added to IOptionsMonitor<{Options}>.OnChange threw. The new settings are in use, and the other listeners are called.")]
    public static partial void SettingsListenerFailed(ILogger logger, Exception exception, string options);

    [LoggerMessage(24, LogLevel.Error, "The token store cannot be used. {Subject}: {Problem} To fix it: {Remedy}")]
    public static partial void StoreUnfit(ILogger logger, string subject, string problem, string remedy);

    [LoggerMessage(26, LogLevel.Error, "Provider {Provider}: the token store failed at {Operation}.")]
    public static partial void StoreSearchFailed(ILogger logger, Exception exception, string provider, string operation);

    [LoggerMessage(27, LogLevel.Information, "Background refresh of {Provider}: {Refreshed} refreshed, {Failed} failed, {Spread} spread over the time to come.")]
    public static partial void Swept(ILogger logger, string provider, int refreshed, int failed, int spread);

    [LoggerMessage(28, LogLevel.Error, "Background refresh of {Provider}: a pass failed; the next one comes in {Pause}.")]
    public static partial void SweepFailed(ILogger logger, Exception exception, string provider, TimeSpan pause);

    [LoggerMessage(25, LogLevel.Information, "Import (dry run: {DryRun}): {Imported} rows accepted, {Refused} refused, {NotReached} not reached because the store failed.")]
    public static partial void Imported(ILogger logger, Exception? exception, bool dryRun, int imported, int refused, int notReached);

    [LoggerMessage(60, LogLevel.Warning, "The connections in the token store could not be counted; the last figures stay. The next count is made in {Pause}.")]
    public static partial void CountFailed(ILogger logger, Exception exception, TimeSpan pause);

    [LoggerMessage(61, LogLevel.Warning, "Connections are kept in memory: they end with this process, and then every user has to connect again. Add .UseEntityFrameworkStore<AppDbContext>() or, on one machine, .UseFileStore(\"tokens\").ProtectWithKeyFile(\"keys.json\", createIfMissing: true) after AddTokenLifecycle(); or say .UseStore<InMemoryTokenStore>() if that is what you want.")]
    public static partial void KeptInMemory(ILogger logger);

    [LoggerMessage(62, LogLevel.Warning, "OAuth provider \"{Provider}\": entry {Entry} of Scopes contains a comma, but this provider's scopes are separated by \"{Separator}\", so the provider will take it for one scope. If it is several, write each as a separate entry: \"Scopes\": [ \"read\", \"write\" ]; if the provider separates scopes by commas, set o.ScopeSeparator = \",\".")]
    public static partial void ScopesLookJoined(ILogger logger, string provider, int entry, string separator);

    [LoggerMessage(63, LogLevel.Error, "The HTTP client \"{Client}\" takes its tokens from the provider \"{Provider}\", which is not registered (names are case-sensitive). Registered: {Registered}. Correct the name in AddTokenHandler(\"{Provider}\"), or add services.AddTokenLifecycle().AddProvider(\"{Provider}\", o => ...).")]
    public static partial void HandlerOfNobody(ILogger logger, string client, string provider, string registered);

    [LoggerMessage(69, LogLevel.Warning, "OAuth provider \"{Provider}\": the entries of {List} come from several configuration sources ({Sources}). Configuration merges lists by index, so entries of one source remain behind those of another, and tokens may be sent to an origin of another environment. Nothing was changed. Write the whole list in one source, or set it in code: AddProvider(\"{Provider}\", o => o.ApiOrigins = [...]).")]
    public static partial void ListMerged(ILogger logger, string provider, string list, string sources);

    [LoggerMessage(70, LogLevel.Critical, "Provider {Provider} refuses to refresh every connection ({Refused} so far), and no refresh has succeeded since. The client may be the cause, and not the users. No user is asked to reconnect, and all tokens are kept. Check ClientId, ClientSecret and TokenEndpoint of AddProvider(\"{Provider}\") and the provider's status. Once any connection is refreshed, or the settings change, each of these connections is evaluated again.")]
    public static partial void RefusalsHeld(ILogger logger, string provider, int refused);

    [LoggerMessage(80, LogLevel.Error, "The key file {Path} cannot be used in its current state: {Problem} The previous keys stay in use, and \"{KeyId}\" still encrypts new tokens. No token is lost. If you replaced a key because it leaked, that key still encrypts new tokens. To fix it: {Remedy}")]
    public static partial void KeysNotTaken(ILogger logger, string path, string problem, string keyId, string remedy);

    [LoggerMessage(81, LogLevel.Information, "The key file {Path} can be used again; \"{KeyId}\" encrypts new tokens.")]
    public static partial void KeysTaken(ILogger logger, string path, string keyId);

    [LoggerMessage(82, LogLevel.Warning, "Connections are kept in a distributed cache, which cannot reliably separate two writing processes. Run one process only. A second process is refused while the first one runs. If a process is frozen in the middle of a write and another takes over, it can overwrite a refresh token. For several processes, or to avoid that risk, add .UseEntityFrameworkStore<AppDbContext>() after AddTokenLifecycle().")]
    public static partial void KeptInCache(ILogger logger);

    private static KeyText Text(ILogger logger, TokenKey key) => new(key, logger is INamesUsers { MayNameUsers: true });
}
