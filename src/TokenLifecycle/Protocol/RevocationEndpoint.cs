using System.Net.Http.Headers;
using System.Text.Json;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>Ends a grant at the provider (RFC 7009, or the provider's own way). One POST per call; never throws for what the network or the provider does.</summary>
internal sealed class RevocationEndpoint(BackChannel channel)
{
    public async Task<RevocationReply> RevokeAsync(OAuthProviderOptions options, TokenSet tokens, TimeSpan deadline)
    {
        if (options.Revocation == RevocationStyle.None || string.IsNullOrEmpty(options.RevocationEndpoint))
            return new RevocationReply { Outcome = RevocationOutcome.NotSupported };
        if (EndpointAddress.Parse(options.RevocationEndpoint, options.AllowHttpOnLoopback) is not { } uri)
            return new RevocationReply { Outcome = RevocationOutcome.Failed, Detail = "RevocationEndpoint is not an absolute https address" };

        using var message = new HttpRequestMessage(HttpMethod.Post, uri);
        List<KeyValuePair<string, string>> fields = [];
        if (options.Revocation == RevocationStyle.BearerPost)
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.AccessToken);
        else
            Fill(options, tokens, message, fields);
        ExtraHeaders.Apply(options, message);
        // Also an empty form is a body: a POST without one is re-sent by the framework when a pooled connection turns out closed (TE-11).
        message.Content = RequestBody.Write(fields, TokenRequestFormat.Form);
        return Read(options, tokens, await channel.SendAsync(message, deadline).ConfigureAwait(false));
    }

    private static void Fill(OAuthProviderOptions options, TokenSet tokens, HttpRequestMessage message, List<KeyValuePair<string, string>> fields)
    {
        bool refresh = options.RevokedToken == RevokedToken.RefreshToken && tokens.RefreshToken is not null;
        fields.Add(new(options.RevocationTokenParameter, refresh ? tokens.RefreshToken! : tokens.AccessToken));
        fields.Add(new("token_type_hint", refresh ? "refresh_token" : "access_token"));
        ClientAuthenticationMethod? method = options.RevocationAuthentication switch
        {
            RevocationClientAuthentication.Body => ClientAuthenticationMethod.Body,
            RevocationClientAuthentication.Basic => ClientAuthenticationMethod.Basic,
            RevocationClientAuthentication.Omit => null,
            _ => options.ClientAuthentication,
        };
        if (method is { } known)
            ClientAuthentication.Apply(known, options, message, fields);
    }

    private static RevocationReply Read(OAuthProviderOptions options, TokenSet tokens, BackChannelReply answer)
    {
        string? code = answer.IsComplete ? CodeOf(answer.Body) : null;
        // RFC 7009 section 2.2: 200 also for a token it no longer knows; Google says 400 invalid_token for that. Gone is gone.
        bool gone = answer.Status is 200 or 204
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
