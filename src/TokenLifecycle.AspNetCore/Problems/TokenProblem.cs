using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// One of the three token exceptions as problem details (RFC 9457). With its own text: an exception's message is for logs.
/// </summary>
internal sealed class TokenProblem
{
    public string Type { get; init; } = "about:blank";

    public required string Title { get; init; }

    public required int Status { get; init; }

    public string? Detail { get; init; }

    public string? Provider { get; init; }

    [JsonPropertyName("needs_reauth")]
    public bool NeedsReauth { get; init; }

    public string? Reason { get; init; }

    [JsonPropertyName("reconnect_url")]
    public string? ReconnectUrl { get; init; }

    /// <summary>Seconds.</summary>
    [JsonPropertyName("retry_after")]
    public int? RetryAfter { get; init; }

    public string? State { get; init; }

    public Guidance? Guidance { get; init; }

    public static TokenProblem Of(TokenException exception) => exception switch
    {
        ReauthorizationRequiredException e => new TokenProblem
        {
            Title = "The connection has to be made by the user",
            Status = StatusCodes.Status401Unauthorized,
            Detail = Guidance.Of(e.Reason).Text,
            Provider = e.Provider,
            NeedsReauth = true,
            Reason = e.Reason.ToString(),
            ReconnectUrl = e.ReconnectPath,
            State = (e.Reason == ReauthorizationReason.NotConnected ? TokenState.Missing : TokenState.ReauthorizationRequired).ToString(),
            Guidance = Guidance.Of(e.Reason),
        },
        TokenTemporarilyUnavailableException e => new TokenProblem
        {
            Title = "The connection cannot be used at this moment",
            Status = e.Kind == TokenFailureKind.RateLimited ? StatusCodes.Status429TooManyRequests : StatusCodes.Status503ServiceUnavailable,
            Detail = Guidance.Of(e.Kind).Text,
            Provider = e.Provider,
            Reason = e.Kind.ToString(),
            RetryAfter = (int)Math.Clamp(Math.Ceiling(e.RetryAfter.TotalSeconds), 1, 3600),
            State = e.Kind == TokenFailureKind.Unreadable ? nameof(TokenState.Unreadable) : null,
            Guidance = Guidance.Of(e.Kind),
        },
        _ => new TokenProblem
        {
            Title = "The connection is not set up correctly in this app",
            Status = StatusCodes.Status502BadGateway,
            Detail = Guidance.OfConfiguration().Text,
            Provider = exception.Provider,
            Reason = (exception as ProviderConfigurationException)?.Reason.ToString(),
            Guidance = Guidance.OfConfiguration(),
        },
    };

    public static TokenProblem Plain(int status, string title) => new() { Status = status, Title = title };
}
