using System.Net.Http.Headers;
using System.Text.Json;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>Finds the immutable id of the account that was just connected, wherever the provider states it.</summary>
internal sealed class AccountIdReader(BackChannel channel)
{
    /// <summary>The id; null if the provider did not state one.</summary>
    /// <exception cref="AuthorizationFailedException">There is an ID token for another client or of another issuer.</exception>
    public async Task<string?> ReadAsync(OAuthProviderOptions options, AuthorizationRequest request, AuthorizationResponse response, TokenReply reply, TimeSpan deadline)
    {
        if (options.AccountIdPath is not { } path)
            return null;
        switch (options.AccountIdFrom)
        {
            case AccountIdSource.Reply:
                return reply.Tokens?.AccountId;
            case AccountIdSource.Callback:
                return response.Parameters.GetValueOrDefault(path) is { Length: > 0 and <= 256 } parameter ? parameter : null;
            case AccountIdSource.IdToken:
                string? claim = IdTokenClaims.Read(reply.IdToken, options, path, out string? problem);
                return problem is null ? claim : throw new AuthorizationFailedException(request.Provider, AuthorizationFailureKind.InvalidResponse, problem);
            case AccountIdSource.UserInfo:
                return await AskAsync(options, path, reply.Tokens!.AccessToken, deadline).ConfigureAwait(false);
            default:
                return null;
        }
    }

    // A connection without an account id is worth more than none: whatever fails here, the tokens are kept.
    private async Task<string?> AskAsync(OAuthProviderOptions options, string path, string accessToken, TimeSpan deadline)
    {
        if (EndpointAddress.Parse(options.UserInfoEndpoint, options.AllowHttpOnLoopback) is not { } uri)
            return null;
        using var message = new HttpRequestMessage(HttpMethod.Get, uri);
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        ExtraHeaders.Apply(options, message);
        BackChannelReply answer = await channel.SendAsync(message, deadline).ConfigureAwait(false);
        if (!answer.IsComplete || answer.Status != 200 || !MediaTypes.IsJson(answer.MediaType))
            return null;
        using JsonDocument? document = JsonBody.Parse(answer.Body);
        return document is null ? null : TokenSetReader.AccountIdAt(document.RootElement, path);
    }
}
