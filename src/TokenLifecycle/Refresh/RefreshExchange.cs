using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>
/// The critical section of a refresh: sends one token request and saves its tokens. Nothing else runs between the response and the save: no
/// log, trace, metric, event, setting or other code of the app, and nothing that can throw (docs/adr/0020).
/// <see cref="RefreshResponseHandler"/> later handles everything but the row.
/// </summary>
internal sealed class RefreshExchange(TokenEndpoint endpoint, ReceivedTokens tokens, PendingSaveQueue persistence, ConnectionEvaluator book)
{
    /// <summary>Sends the request through the provider's gate. The gate handles a response only after its tokens were saved.</summary>
    /// <param name="attempt">The attempt, which holds the lease.</param>
    /// <param name="settled">Called when a delayed save has been settled.</param>
    public async Task<RefreshReceipt> RunAsync(RefreshAttempt attempt, Func<RefreshAttempt, StoredToken, SaveResult, Task> settled)
    {
        RefreshReceipt? last = null;
        try
        {
            TokenReply reply = await attempt.Gate.SendAsync(attempt.Key, async () =>
            {
                last = null;
                last = await SendAndSaveAsync(attempt, settled).ConfigureAwait(false);
                return last.Reply;
            }).ConfigureAwait(false);
            return last is not null && ReferenceEquals(last.Reply, reply) ? last : new RefreshReceipt(reply);
        }
        catch (Exception) when (last is not null)
        {
            return last;
        }
    }

    private async Task<RefreshReceipt> SendAndSaveAsync(RefreshAttempt attempt, Func<RefreshAttempt, StoredToken, SaveResult, Task> settled)
    {
        TokenLifecycleOptions options = book.Options; // Read before the request, because reading settings can throw.
        string? client = attempt.Gate.Client.FingerprintOf(attempt.Provider);

        TokenReply reply = await SendAsync(attempt, options).ConfigureAwait(false);
        ReceivedRow? received = tokens.RowOf(attempt, reply, options, client);
        SaveResult? saved = received is null ? null : await persistence.SaveAsync(
            received.Row, attempt, options.LeaseDuration, options.SaveTimeout, result => settled(attempt, received.Row, result)).ConfigureAwait(false);

        TokenEndpoint.Report(reply);
        return new RefreshReceipt(reply, received, saved);
    }

    private Task<TokenReply> SendAsync(RefreshAttempt attempt, TokenLifecycleOptions options)
    {
        // While this process is stalled, the request does not time out, but not beyond the lease.
        var limit = new RequestTime(options.TokenEndpointTimeout, options.LeaseDuration - options.SaveTimeout);
        return attempt.Provider.GrantType == OAuthGrantType.ClientCredentials
            ? endpoint.GetClientCredentialsAsync(attempt.Provider, limit)
            : endpoint.RefreshAsync(attempt.Provider, attempt.Row!.Tokens.RefreshToken!, limit);
    }
}
