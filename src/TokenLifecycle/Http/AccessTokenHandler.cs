using System.Net;
using System.Runtime.CompilerServices;

namespace TokenLifecycle.Http;

/// <summary>
/// Attaches the token of the request's user, and nothing else goes out: without a user, without a token, or to an address that is not allowed it throws
/// and sends nothing (law 9). After a 401 it refreshes once and sends once more, without a pause.
/// </summary>
internal sealed class AccessTokenHandler(ITokenManager tokens, Func<TokenHandlerSettings> settings, ICurrentTokenUser? currentUser) : DelegatingHandler
{
    private const string Authorization = "Authorization";

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            TokenHandlerSettings known = settings();
            Uri address = Allowed(request, known);
            TokenKey key = RequestUser.KeyOf(request, known, currentUser);
            ValueTask<AccessToken> token = tokens.GetAccessTokenAsync(key, cancellationToken);
            return token.IsCompletedSuccessfully
                ? SendWithAsync(request, address, key, token.Result, cancellationToken)
                : SendLaterAsync(request, address, key, token, cancellationToken);
        }
        catch (Exception failure)
        {
            return Task.FromException<HttpResponseMessage>(failure);
        }
    }

    private async Task<HttpResponseMessage> SendLaterAsync(HttpRequestMessage request, Uri address, TokenKey key, ValueTask<AccessToken> token, CancellationToken cancellationToken) =>
        await SendWithAsync(request, address, key, await token.ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    private Task<HttpResponseMessage> SendWithAsync(HttpRequestMessage request, Uri address, TokenKey key, AccessToken token, CancellationToken cancellationToken)
    {
        Task<HttpResponseMessage> sending;
        try
        {
            Attach(request, token);
            sending = base.SendAsync(request, cancellationToken);
        }
        catch
        {
            Detach(request);
            throw;
        }

        if (!sending.IsCompletedSuccessfully || IsStale(sending.Result, request, address))
            return EndAsync(sending, request, address, key, token, cancellationToken).AsTask();

        Detach(request);
        return sending;
    }

    /// <summary>Every real answer is waited for: the frame of that, larger than anything else this handler allocates, is used again.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<HttpResponseMessage> EndAsync(Task<HttpResponseMessage> sending, HttpRequestMessage request, Uri address, TokenKey key, AccessToken token, CancellationToken cancellationToken)
    {
        try
        {
            HttpResponseMessage response = await sending.ConfigureAwait(false);
            return IsStale(response, request, address) ? await SendAgainAsync(request, response, key, token, cancellationToken).ConfigureAwait(false) : response;
        }
        finally
        {
            Detach(request);
        }
    }

    private async Task<HttpResponseMessage> SendAgainAsync(HttpRequestMessage request, HttpResponseMessage response, TokenKey key, AccessToken token, CancellationToken cancellationToken)
    {
        AccessToken? newer;
        try
        {
            newer = await NewerAsync(key, token, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            response.Dispose();
            throw;
        }

        if (newer is null)
            return response;

        response.Dispose();
        Attach(request, newer);
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The inherited method would pass the request on unchanged: without a token, to any address (law 9).</summary>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) => throw new NotSupportedException(
        "An HTTP client with a token handler sends asynchronously only, because a token may have to be waited for. Call SendAsync, GetAsync or similar. Nothing was sent.");

    private static Uri Allowed(HttpRequestMessage request, TokenHandlerSettings known)
    {
        Uri? address = request.RequestUri;
        if (address is not null && known.Origins.Contains(address))
            return address;

        throw new ProviderConfigurationException(
            known.Provider,
            ProviderConfigurationReason.OriginNotAllowed,
            $"A request to {(address is null ? "no address" : AllowedOrigins.OriginOf(address))} would have carried a {known.Provider} token and was not sent. Allowed: {known.Origins}. "
            + $"If the address is right, add its origin to the provider's ApiOrigins or to AddTokenHandler(\"{known.Provider}\", ...); only https is accepted, and http on loopback in Development.");
    }

    /// <summary>Whether a fresh token may help: the API itself rejected this one, and the request can be sent again.</summary>
    private static bool IsStale(HttpResponseMessage response, HttpRequestMessage request, Uri address) =>
        response.StatusCode == HttpStatusCode.Unauthorized
        && ReferenceEquals(request.RequestUri, address) // A redirect was followed: another server has responded (E7).
        && !BearerChallenge.IsInsufficientScope(response)
        && ReplayableContent.CanBeSentAgain(request);

    /// <summary>A newer token; null if there is none to be had now, so that the API's own answer is the best there is.</summary>
    private async Task<AccessToken?> NewerAsync(TokenKey key, AccessToken rejected, CancellationToken cancellationToken)
    {
        try
        {
            AccessToken newer = await tokens.RefreshAsync(key, rejected, cancellationToken).ConfigureAwait(false);
            return string.Equals(newer.Value, rejected.Value, StringComparison.Ordinal) ? null : newer;
        }
        catch (TokenException failure) when (failure is not ReauthorizationRequiredException)
        {
            return null;
        }
    }

    /// <summary>Overwrites what an earlier try left there. As text that is ready: an object would be formatted again for each request.</summary>
    private static void Attach(HttpRequestMessage request, AccessToken token)
    {
        Detach(request);
        request.Headers.TryAddWithoutValidation(Authorization, token.AuthorizationHeader);
    }

    /// <summary>A request that is sent again, or looked at afterwards, carries no token into the app's own handlers and logs.</summary>
    private static void Detach(HttpRequestMessage request) => request.Headers.Authorization = null; // Faster than by its name.
}
