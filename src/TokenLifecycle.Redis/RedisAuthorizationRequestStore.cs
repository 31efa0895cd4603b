using StackExchange.Redis;
using TokenLifecycle.Redis.Scripts;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis;

/// <summary>
/// Keeps pending authorization requests in Redis. All are in one slot of a cluster, so that the bounds are counted in the same step that adds a request. Times are the app's,
/// as they come in the requests.
/// </summary>
internal sealed class RedisAuthorizationRequestStore(RedisConnection connection, TimeProvider clock) : IAuthorizationRequestStore
{
    private readonly string _prefix = connection.Keys.Prefix + ":{requests}:";

    private string? Now => RowMapper.Time(clock.GetUtcNow());

    /// <inheritdoc/>
    public async Task<bool> TryAddAsync(PendingAuthorization request, AuthorizationRequestBounds bounds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(bounds);
        return (int)await RunAsync(
            RequestScripts.Add,
            request.Id,
            [
                request.Id, request.BrowserId, request.OwnerId, request.Payload, RowMapper.Time(request.CreatedAt), RowMapper.Time(request.ExpiresAt), Now, bounds.PerBrowser, bounds.PerOwner,
                bounds.Overall,
            ],
            "An attempt to connect could not be stored",
            cancellationToken).ConfigureAwait(false) == 1;
    }

    /// <inheritdoc/>
    public async Task<AuthorizationRedemption> TryRedeemAsync(string id, string browserId, CancellationToken cancellationToken)
    {
        // The mark shows that it was this call, also where its result was lost and the script ran again.
        RedisResult found = await RunAsync(
            RequestScripts.Take, id, [id, browserId, Now, Guid.NewGuid().ToString("N")], "The attempt to connect of a returning browser could not be looked up", cancellationToken).ConfigureAwait(false);
        return (string)found[0]! switch
        {
            "taken" => AuthorizationRedemption.Taken((string)found[1]!),
            "before" => AuthorizationRedemption.TakenBefore(found.Length > 1 ? (string?)found[1] : null),
            _ => AuthorizationRedemption.Unknown,
        };
    }

    /// <inheritdoc/>
    public Task SetOutcomeAsync(string id, string outcome, CancellationToken cancellationToken) =>
        RunAsync(RequestScripts.Note, id, [outcome], "The outcome of an attempt to connect could not be stored", cancellationToken);

    /// <inheritdoc/>
    public async Task<string?> FindOutcomeAsync(string id, string browserId, CancellationToken cancellationToken) =>
        (string?)await RunAsync(RequestScripts.Find, id, [browserId, Now], "The outcome of an attempt to connect could not be looked up", cancellationToken).ConfigureAwait(false);

    private async Task<RedisResult> RunAsync(string script, string id, RedisValue[] arguments, string failure, CancellationToken cancellationToken) =>
        (await connection.RunAsync(script, [_prefix + "all", $"{_prefix}row:{id}"], [_prefix, .. arguments], () => failure, cancellationToken).ConfigureAwait(false)).Result;
}
