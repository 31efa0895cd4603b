using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Providers;

/// <summary>
/// The result of a flight, shared by all callers that waited for it. Each of them creates its own exception from it: one exception object
/// thrown by thousands of
/// callers would mix up their stack traces.
/// </summary>
internal sealed class RefreshResult
{
    private readonly string? _message;
    private readonly ProviderConfigurationReason _misconfiguration;
    private readonly ReauthorizationReason _reauthorization;
    private readonly TokenFailureKind _failure;
    private readonly TimeSpan _retryAfter;
    private readonly Exception? _cause;

    private RefreshResult(
        RefreshResultKind kind,
        StoredToken? row,
        TokenFailureKind failure = default,
        TimeSpan retryAfter = default,
        ReauthorizationReason reauthorization = default,
        ProviderConfigurationReason misconfiguration = default,
        string? message = null,
        Exception? cause = null)
    {
        Kind = kind;
        Row = row;
        _failure = failure;
        _retryAfter = retryAfter;
        _reauthorization = reauthorization;
        _misconfiguration = misconfiguration;
        _message = message;
        _cause = cause;
    }

    public RefreshResultKind Kind { get; }

    /// <summary>The current row, as far as it is known.</summary>
    public StoredToken? Row { get; }

    /// <summary>What went wrong, as it is counted; null if nothing did.</summary>
    public string? ErrorType => Kind switch
    {
        RefreshResultKind.Unavailable => TelemetryNames.Of(_failure),
        RefreshResultKind.Reauthorize => TelemetryNames.Of(_reauthorization),
        RefreshResultKind.Misconfigured => TelemetryNames.Of(_misconfiguration),
        _ => null,
    };

    public bool IsSuccess => Kind is RefreshResultKind.Refreshed or RefreshResultKind.Adopted;

    public static RefreshResult Refreshed(StoredToken row) => new(RefreshResultKind.Refreshed, row);

    public static RefreshResult Adopted(StoredToken row) => new(RefreshResultKind.Adopted, row);

    public static RefreshResult Unavailable(TokenFailureKind failure, TimeSpan retryAfter, StoredToken? row = null, Exception? cause = null) =>
        new(RefreshResultKind.Unavailable, row, failure, RefreshTiming.Max(retryAfter, TimeSpan.FromSeconds(1)), cause: cause);

    /// <summary>Nothing is sent for a connection whose last attempt failed until its pause is over.</summary>
    public static RefreshResult Paused(StoredToken row, TimeSpan pause) => row.Failure!.Kind == TokenFailureKind.ClientRejected
        ? ClientRejected(row.Key.Provider, row.Failure.ErrorCode, row)
        : Unavailable(row.Failure.Kind, pause, row);

    /// <summary>The provider rejects the client, or the request itself.</summary>
    public static RefreshResult ClientRejected(string provider, string? errorCode, StoredToken? row = null) => Misconfigured(
        ProviderConfigurationReason.ClientRejected,
        $"Provider {provider} rejects this application{(errorCode is null ? "" : $" ({errorCode})")}. {ClientErrorAdvice.For(provider, errorCode)} No connection was changed. All connections resume automatically once the settings are right.",
        row);

    public static RefreshResult Reauthorize(ReauthorizationReason reason, StoredToken? row = null) =>
        new(RefreshResultKind.Reauthorize, row, reauthorization: reason);

    public static RefreshResult Misconfigured(ProviderConfigurationReason reason, string message, StoredToken? row = null) =>
        new(RefreshResultKind.Misconfigured, row, misconfiguration: reason, message: message);

    public TokenException ToException(TokenKey key, OAuthProviderOptions provider) => Kind switch
    {
        RefreshResultKind.Unavailable => new TokenTemporarilyUnavailableException(key, _failure, _retryAfter, _cause),
        RefreshResultKind.Reauthorize => new ReauthorizationRequiredException(key, _reauthorization, provider.ReconnectPath),
        RefreshResultKind.Misconfigured => new ProviderConfigurationException(key.Provider, _misconfiguration, _message!, key),
        _ => throw new InvalidOperationException("A successful refresh has no exception."),
    };
}
