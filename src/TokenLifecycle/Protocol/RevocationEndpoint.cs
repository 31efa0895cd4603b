using System.Net.Http.Headers;
using System.Text.Json;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Ends a grant at the provider (RFC 7009, or the provider's own way). One request per call; never throws for what the network or the
/// provider does.
/// </summary>
internal sealed class RevocationEndpoint(BackChannel channel)
{
    private const string AccountPlaceholder = "{AccountId}";

    public async Task<RevocationReply> RevokeAsync(OAuthProviderOptions options, TokenSet tokens, TimeSpan deadline)
    {
        if (options.Revocation == RevocationStyle.None || string.IsNullOrEmpty(options.RevocationEndpoint))
            return new RevocationReply { Outcome = RevocationOutcome.NotSupported };
        if (EndpointAddress.Parse(WithAccount(options.RevocationEndpoint, tokens, Uri.EscapeDataString), options) is not { } uri)
            return new RevocationReply { Outcome = RevocationOutcome.Failed, Detail = "RevocationEndpoint is not an absolute https address" };

        if (tokens.AccountId is null && NeedsAccount(options))
            return new RevocationReply { Outcome = RevocationOutcome.Failed, Detail = "The request needs the account id, and the connection has none" };

        using HttpRequestMessage message = RequestOf(options, tokens, uri).Create(options);
        return Read(options, tokens, await channel.SendAsync(message, deadline).ConfigureAwait(false));
    }

    private static ProviderRequest RequestOf(OAuthProviderOptions options, TokenSet tokens, Uri address)
    {
        bool isBearer = options.Revocation == RevocationStyle.BearerToken;
        return new ProviderRequest
        {
            Kind = ProviderRequestKind.Revocation,
            Address = address,
            Method = options.RevocationMethod == RevocationMethod.Delete ? HttpMethod.Delete : HttpMethod.Post,
            Format = options.RevocationFormat,
            Fields = isBearer ? [] : FieldsOf(options, tokens),
            Authentication = isBearer ? null : AuthenticationOf(options),
            Authorization = isBearer ? new AuthenticationHeaderValue("Bearer", tokens.AccessToken)
                : options.RevocationAuthentication == RevocationClientAuthentication.ClientHeader ? new AuthenticationHeaderValue("Client", options.ClientSecret)
                : null,
            Additional = options.RevocationParameters.Select(field => new KeyValuePair<string, string>(field.Key, WithAccount(field.Value, tokens, static id => id) ?? "")),
        };
    }

    private static List<KeyValuePair<string, string>> FieldsOf(OAuthProviderOptions options, TokenSet tokens)
    {
        bool refresh = options.TokenToRevoke == TokenToRevoke.RefreshToken && tokens.RefreshToken is not null;
        List<KeyValuePair<string, string>> fields =
        [
            new(options.RevocationTokenParameter, refresh ? tokens.RefreshToken! : tokens.AccessToken),
            new("token_type_hint", refresh ? "refresh_token" : "access_token"),
        ];
        if (options.RevocationAuthentication is RevocationClientAuthentication.ClientHeader or RevocationClientAuthentication.BasicSecretAsUserName)
            fields.Add(new("client_id", options.ClientId));
        return fields;
    }

    private static ClientAuthenticationMethod? AuthenticationOf(OAuthProviderOptions options) => options.RevocationAuthentication switch
    {
        RevocationClientAuthentication.Body => ClientAuthenticationMethod.Body,
        RevocationClientAuthentication.Basic => ClientAuthenticationMethod.Basic,
        RevocationClientAuthentication.BasicSecretAsUserName => ClientAuthenticationMethod.BasicSecretAsUserName,
        RevocationClientAuthentication.Omit or RevocationClientAuthentication.ClientHeader => null,
        _ => options.ClientAuthentication,
    };

    private static bool NeedsAccount(OAuthProviderOptions options) =>
        options.RevocationEndpoint!.Contains(AccountPlaceholder, StringComparison.Ordinal)
        || options.RevocationParameters.Values.Any(static value => value.Contains(AccountPlaceholder, StringComparison.Ordinal));

    private static string? WithAccount(string? text, TokenSet tokens, Func<string, string> write) =>
        tokens.AccountId is { Length: > 0 } account ? text?.Replace(AccountPlaceholder, write(account), StringComparison.Ordinal) : text;

    private static RevocationReply Read(OAuthProviderOptions options, TokenSet tokens, BackChannelReply answer)
    {
        string? code = answer.IsComplete ? CodeOf(answer.Body) : null;
        // RFC 7009 section 2.2: 200 also for a token it no longer knows; Google says 400 invalid_token for that. Gone is gone.
        bool gone = (answer.Status is 200 or 204 && !SuccessTest.Fails(options, answer))
            || answer.Status == 400 && code == "invalid_token" && options.Revocation == RevocationStyle.Rfc7009;
        return new RevocationReply
        {
            Outcome = gone ? RevocationOutcome.Revoked : RevocationOutcome.Failed,
            Retryable = !gone && answer.Status is null or 408 or 429 or >= 500,
            HttpStatus = answer.Status,
            RetryAfter = answer.RetryAfter,
            ErrorCode = gone ? null : ErrorCode.Clean(code, tokens.RefreshToken, tokens.AccessToken, options.ClientSecret),
            Detail = gone ? null : answer.RedirectOrigin is { } origin ? $"The endpoint redirected to {origin}, which is never followed" : answer.Detail,
        };
    }

    private static string? CodeOf(ReadOnlyMemory<byte> body)
    {
        using JsonDocument? document = JsonBody.Parse(body);
        return document is null ? null : JsonPath.Scalar(document.RootElement, "error");
    }
}
