using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text.Json;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>Finds the immutable id of the account that was just connected, wherever the provider states it.</summary>
internal sealed class AccountIdReader(BackChannel channel)
{
    /// <summary>Returns the id, which is null if the provider did not return one, and the members of the user info to keep.</summary>
    /// <exception cref="AuthorizationFailedException">There is an ID token for another client or of another issuer.</exception>
    public async Task<(string? Id, IReadOnlyDictionary<string, string> Captured)> ReadAsync(
        OAuthProviderOptions options, AuthorizationRequest request, AuthorizationResponse response, TokenReply reply, TimeSpan deadline)
    {
        string? id = options.AccountIdPath is { } path ? IdOf(options, path, request, response, reply) : null;
        bool isAsked = options.UserInfoCapturedFields.Count > 0 || (options.AccountIdFrom == AccountIdSource.UserInfo && options.AccountIdPath is not null);
        using JsonDocument? info = isAsked ? await AskAsync(options, reply.Tokens!.AccessToken, deadline).ConfigureAwait(false) : null;
        if (info is null)
            return (id, ImmutableDictionary<string, string>.Empty);

        if (options.AccountIdFrom == AccountIdSource.UserInfo && options.AccountIdPath is { } member)
            id = TokenSetReader.AccountIdAt(info.RootElement, member);
        return (id, TokenSetReader.CapturedAt(info.RootElement, options.UserInfoCapturedFields));
    }

    private static string? IdOf(OAuthProviderOptions options, string path, AuthorizationRequest request, AuthorizationResponse response, TokenReply reply)
    {
        switch (options.AccountIdFrom)
        {
            case AccountIdSource.Reply:
                return reply.Tokens?.AccountId;
            case AccountIdSource.Callback:
                return response.Parameters.GetValueOrDefault(path) is { Length: > 0 and <= 256 } parameter ? parameter : null;
            case AccountIdSource.IdToken:
                string? claim = IdTokenClaims.Read(reply.IdToken, options, path, out string? problem);
                return problem is null ? claim : throw new AuthorizationFailedException(request.Provider, AuthorizationFailureKind.InvalidResponse, problem);
            default:
                return null;
        }
    }

    // A connection without an account id is worth more than none: whatever fails here, the tokens are kept.
    private async Task<JsonDocument?> AskAsync(OAuthProviderOptions options, string accessToken, TimeSpan deadline)
    {
        if (EndpointAddress.Parse(options.UserInfoEndpoint, options) is not { } uri)
            return null;
        var request = new ProviderRequest
        {
            Kind = ProviderRequestKind.UserInfo,
            Address = uri,
            Format = options.UserInfoFormat switch
            {
                UserInfoRequestFormat.Form => TokenRequestFormat.Form,
                UserInfoRequestFormat.Json => TokenRequestFormat.Json,
                _ => TokenRequestFormat.Query,
            },
            Authorization = new AuthenticationHeaderValue("Bearer", accessToken),
            Additional = options.UserInfoParameters,
        };
        using HttpRequestMessage message = request.Create(options);
        BackChannelReply answer = await channel.SendAsync(message, deadline).ConfigureAwait(false);
        return answer.IsComplete && answer.Status == 200 && !SuccessTest.Fails(options, answer) ? JsonBody.Parse(answer.Body) : null;
    }
}
