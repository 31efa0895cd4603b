using System.Runtime.CompilerServices;

namespace TokenLifecycle.Http;

/// <summary>
/// Attaches the token of the request's user, and nothing else goes out: without a user, without a token, or to an address that is not
/// allowed it throws and sends nothing (law 9). After a 401 it refreshes once and sends once more, without a pause.
/// </summary>
internal sealed class AccessTokenHandler(
    ITokenManager tokens, Func<TokenHandlerSettings> settings, ICurrentTokenUser? currentUser, ICurrentTokenTenant? currentTenant, TimeProvider time) : DelegatingHandler
{
    private const string Authorization = "Authorization";

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            TokenHandlerSettings known = settings();
            Uri address = Allowed(request, known);
            TokenKey key = RequestUser.KeyOf(request, known, currentUser, currentTenant);
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
        RecordedContent? recorded = ReplayableContent.Record(request);
        Task<HttpResponseMessage> sending;
        try
        {
            Attach(request, token);
            sending = base.SendAsync(request, cancellationToken);
        }
        catch
        {
            Restore(request, recorded);
            throw;
        }

        if (!sending.IsCompletedSuccessfully || TokenRejection.Is(sending.Result, request, address))
            return EndAsync(sending, request, recorded, address, key, token, cancellationToken).AsTask();

        Restore(request, recorded);
        return sending;
    }

    /// <summary>
    /// Every real answer is waited for: the frame of that, larger than anything else this handler allocates, is used again.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<HttpResponseMessage> EndAsync(
        Task<HttpResponseMessage> sending, HttpRequestMessage request, RecordedContent? recorded, Uri address, TokenKey key, AccessToken token, CancellationToken cancellationToken)
    {
        try
        {
            HttpResponseMessage response = await sending.ConfigureAwait(false);
            return TokenRejection.Is(response, request, address)
                ? await SendAgainAsync(request, recorded, response, key, token, cancellationToken).ConfigureAwait(false)
                : response;
        }
        finally
        {
            Restore(request, recorded);
        }
    }

    /// <summary>
    /// The token is reported as rejected in any case, so that the next request has a newer one; whether this one can be sent again is
    /// another question (FH-1).
    /// </summary>
    private async Task<HttpResponseMessage> SendAgainAsync(
        HttpRequestMessage request, RecordedContent? recorded, HttpResponseMessage response, TokenKey key, AccessToken token, CancellationToken cancellationToken)
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

        if (newer is null || !ReplayableContent.CanBeSentAgain(request, recorded))
            return response;

        response.Dispose();
        Attach(request, newer);
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// As the asynchronous one. It waits only where a token isn't cached or was rejected, and then for a bounded time (FH-5).
    /// </summary>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        TokenHandlerSettings known = settings();
        Uri address = Allowed(request, known);
        TokenKey key = RequestUser.KeyOf(request, known, currentUser, currentTenant);
        ValueTask<AccessToken> cached = tokens.GetAccessTokenAsync(key, cancellationToken);
        AccessToken token = cached.IsCompletedSuccessfully ? cached.Result : BlockingWait.For(cached.AsTask(), key, time, cancellationToken);
        RecordedContent? recorded = ReplayableContent.Record(request);
        try
        {
            Attach(request, token);
            HttpResponseMessage response = base.Send(request, cancellationToken);
            return TokenRejection.Is(response, request, address) ? SendAgain(request, recorded, response, key, token, cancellationToken) : response;
        }
        finally
        {
            Restore(request, recorded);
        }
    }

    private HttpResponseMessage SendAgain(
        HttpRequestMessage request, RecordedContent? recorded, HttpResponseMessage response, TokenKey key, AccessToken token, CancellationToken cancellationToken)
    {
        AccessToken? newer;
        try
        {
            newer = BlockingWait.For(NewerAsync(key, token, cancellationToken), key, time, cancellationToken);
        }
        catch (TokenTemporarilyUnavailableException)
        {
            return response; // The refresh goes on; the API's own response is the best there is now.
        }
        catch
        {
            response.Dispose();
            throw;
        }

        if (newer is null || !ReplayableContent.CanBeSentAgain(request, recorded))
            return response;

        response.Dispose();
        Attach(request, newer);
        return base.Send(request, cancellationToken);
    }

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

    /// <summary>
    /// Overwrites what an earlier try left there. As text that is ready: an object would be formatted again for each request.
    /// </summary>
    private static void Attach(HttpRequestMessage request, AccessToken token)
    {
        Detach(request);
        request.Headers.TryAddWithoutValidation(Authorization, token.AuthorizationHeader);
    }

    /// <summary>The app's own handlers find the request as they made it.</summary>
    private static void Restore(HttpRequestMessage request, RecordedContent? recorded)
    {
        Detach(request);
        if (recorded is not null && ReferenceEquals(request.Content, recorded))
            request.Content = recorded.Original;
    }

    /// <summary>A request that is sent again, or looked at afterwards, carries no token into the app's own handlers and logs.</summary>
    private static void Detach(HttpRequestMessage request) => request.Headers.Authorization = null; // Faster than by its name.
}
