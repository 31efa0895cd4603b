using Microsoft.Extensions.Logging;
using TokenLifecycle.Protocol;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Every message of this package, with its event id (101 to 199). None takes a code, a state, a token, an address with a query, or text of
/// a provider.
/// </summary>
internal static partial class WebLog
{
    public static void ConnectFailed(ILogger logger, string provider, AuthorizationFailedException failed, string redirectUri)
    {
        if (failed.Kind == AuthorizationFailureKind.ClientRejected)
            ConnectRefused(logger, provider, failed.ErrorCode, redirectUri);
        else
            ConnectFailed(logger, provider, failed.Kind, failed.ErrorCode);
    }

    [LoggerMessage(101, LogLevel.Information, "Connecting to {Provider} failed: {Kind} (error code {ErrorCode}). What was connected before is untouched.")]
    private static partial void ConnectFailed(ILogger logger, string provider, AuthorizationFailureKind kind, string? errorCode);

    [LoggerMessage(102, LogLevel.Error, "Connecting to {Provider} failed: its settings are wrong.")]
    public static partial void ConnectMisconfigured(ILogger logger, Exception exception, string provider);

    [LoggerMessage(103, LogLevel.Error, "Connecting to {Provider} failed on our side.")]
    public static partial void ConnectBroke(ILogger logger, Exception exception, string provider);

    [LoggerMessage(104, LogLevel.Warning, "Tokens of {Provider} that could not be kept were revoked: {Outcome}.")]
    public static partial void GivenBack(ILogger logger, string provider, RevocationOutcome outcome);

    [LoggerMessage(105, LogLevel.Warning, "{Older}: its account has now been connected as {Key} too. Some providers end the older connection; if one of the two is not wanted, disconnect it.")]
    public static partial void AccountShared(ILogger logger, string older, string key);

    [LoggerMessage(106, LogLevel.Warning, "The category Microsoft.AspNetCore.Hosting.Diagnostics logs at Information, so the log will hold the query of every callback, code and state included, before anything has spent the code. Remove that category from \"Logging:LogLevel\" (these lines are off by default), or use AdditionalAuthorizationParameters[\"response_mode\"] = \"form_post\" where the provider supports it.")]
    public static partial void CallbackQueriesAreLogged(ILogger logger);

    [LoggerMessage(107, LogLevel.Information, "{Provider} reports that an account withdrew its access; {Connections} connection(s) were checked by a refresh.")]
    public static partial void WithdrawalChecked(ILogger logger, string provider, int connections);

    [LoggerMessage(108, LogLevel.Warning, "A report of {Provider} about a withdrawn access could not be checked after {Attempts} attempt(s). Nothing was changed.")]
    public static partial void WithdrawalUnchecked(ILogger logger, Exception exception, string provider, int attempts);

    [LoggerMessage(110, LogLevel.Error, "{Endpoint} failed on our side.")]
    public static partial void EndpointBroke(ILogger logger, Exception exception, string? endpoint);

    [LoggerMessage(109, LogLevel.Error, "The outcome of connecting to {Provider} could not be noted: the same callback, repeated, will not know of it.")]
    public static partial void OutcomeNotNoted(ILogger logger, Exception exception, string provider);

    [LoggerMessage(112, LogLevel.Warning, "A user has connected {Provider}; the confirmation page could not read what was granted.")]
    public static partial void StatusNotRead(ILogger logger, Exception exception, string provider);

    [LoggerMessage(113, LogLevel.Warning, "AddConnectionEndpoints() was called, but its pages are not mapped: users cannot connect, and no message can link to a page. Add app.MapTokenLifecycle(\"/connections\"); before app.Run(). An app that has no such pages calls UseHttpContextUser() and AddTokenProblemDetails() instead of AddConnectionEndpoints().")]
    public static partial void NotMapped(ILogger logger);

    [LoggerMessage(114, LogLevel.Information, "{Provider}: the redirect address to register with the provider, exactly as shown, is {RedirectUri}")]
    public static partial void RedirectAddress(ILogger logger, string provider, string redirectUri);

    [LoggerMessage(115, LogLevel.Error, "{Provider} refuses this application (error code {ErrorCode}); users cannot connect until this is fixed. Compare ClientId, ClientSecret and Scopes with the provider's page of the app, and register this redirect address there, exactly as shown: {RedirectUri}")]
    private static partial void ConnectRefused(ILogger logger, string provider, string? errorCode, string redirectUri);

    [LoggerMessage(116, LogLevel.Error, "A user signed in by {Provider}, but it could not be found out which user of the app that is. The new tokens were not saved, and not revoked either, since a connection may depend on the same grant. The user can try again. Look at the exception: an IConnectionUserResolver, the token store or the provider's user info failed or did not answer in time.")]
    public static partial void OwnerNotFound(ILogger logger, Exception exception, string provider);

    [LoggerMessage(117, LogLevel.Warning, "{Provider}: a callback brought a code that was first seen with another state, so it was refused: a code that leaked may have been replayed.")]
    public static partial void CodeOfAnotherState(ILogger logger, string provider);

    [LoggerMessage(118, LogLevel.Error, "{Provider}: the code of a refused callback could not be noted, so it is not tied to its state.")]
    public static partial void CodeNotClaimed(ILogger logger, Exception exception, string provider);

    [LoggerMessage(111, LogLevel.Warning, "The keys of Data Protection are bound to the folder of this app, {Folder}: released into another folder, or on a node where it differs, it could not read a single stored token. Name the app: AddDataProtection().SetApplicationName(\"my-app\"). To keep what is stored readable, give that folder as the name.")]
    public static partial void KeysBoundToFolder(ILogger logger, string folder);
}
