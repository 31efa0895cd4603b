using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.EntityFramework.Engines;
using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.EntityFramework.Rows;
using TokenLifecycle.EntityFramework.Schema;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework;

/// <summary>
/// Keeps pending authorization requests in a table of the app's own database. Times are the app's, as they come in the rows: of ten minutes, the seconds by
/// which nodes differ do not matter. The bounds are counted before a row is added, so nodes that add at the very same moment may go over them by one each.
/// </summary>
internal sealed class EntityFrameworkAuthorizationRequestStore<TContext>(IServiceScopeFactory scopes, TimeProvider clock, DatabaseEngines engines)
    : IAuthorizationRequestStore, ITokenStoreCheck
    where TContext : DbContext
{
    private readonly SchemaGate _gate = new(clock, engines, ExpectedTable.OfRequests);
    private readonly ScopedContext<TContext> _contexts = new(scopes);

    private DateTime Now => clock.GetUtcNow().UtcDateTime;

    /// <inheritdoc/>
    public Task<bool> TryAddAsync(PendingAuthorization request, AuthorizationRequestBounds bounds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(bounds);
        return RunAsync(
            "An attempt to connect could not be remembered",
            async rows =>
            {
                DateTime now = Now;
                await rows.SweepAsync(now, cancellationToken).ConfigureAwait(false);
                await rows.MakeRoomAsync(RequestRow.BrowserId, request.BrowserId, bounds.PerBrowser, cancellationToken).ConfigureAwait(false);
                await rows.MakeRoomAsync(RequestRow.OwnerId, request.OwnerId, bounds.PerOwner, cancellationToken).ConfigureAwait(false);
                if (await rows.AreThereAsync(now, bounds.Overall, cancellationToken).ConfigureAwait(false))
                    return false;
                Dictionary<string, object?> values = new(StringComparer.Ordinal)
                {
                    [RequestRow.Id] = request.Id,
                    [RequestRow.BrowserId] = request.BrowserId,
                    [RequestRow.OwnerId] = request.OwnerId,
                    [RequestRow.Payload] = request.Payload,
                    [RequestRow.CreatedAt] = request.CreatedAt.UtcDateTime,
                    [RequestRow.ExpiresAt] = request.ExpiresAt.UtcDateTime,
                };
                await rows.InsertAsync(values, cancellationToken).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<AuthorizationRedemption> TryRedeemAsync(string id, string browserId, CancellationToken cancellationToken) => RunAsync(
        "A returning browser's attempt to connect could not be looked up",
        async rows =>
        {
            // The mark proves that it was this call, even if the response was lost and the app's retry strategy repeated it.
            Guid? mine = Guid.NewGuid();
            DateTime now = Now;
            await rows.ExecuteAsync(
                cancel => rows.Live(id, browserId, now)
                    .Where(static row => EF.Property<Guid?>(row, RequestRow.TakenBy) == null)
                    .ExecuteUpdateAsync(set => set.SetProperty(static row => EF.Property<Guid?>(row, RequestRow.TakenBy), mine), cancel),
                cancellationToken).ConfigureAwait(false);
            var found = (await rows.ListAsync(rows.Live(id, browserId, now)
                .Select(static row => new
                {
                    TakenBy = EF.Property<Guid?>(row, RequestRow.TakenBy),
                    Payload = EF.Property<string?>(row, RequestRow.Payload),
                    Outcome = EF.Property<string?>(row, RequestRow.Outcome),
                }), cancellationToken).ConfigureAwait(false)).SingleOrDefault();
            return found is null ? AuthorizationRedemption.Unknown
                : found.TakenBy == mine && found.Payload is { } payload ? AuthorizationRedemption.Taken(payload)
                : AuthorizationRedemption.TakenBefore(found.Outcome);
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task SetOutcomeAsync(string id, string outcome, CancellationToken cancellationToken) => RunAsync(
        "The result of an attempt to connect could not be stored",
        rows => rows.ExecuteAsync(
            cancel => rows.Of(id)
                .Where(static row => EF.Property<Guid?>(row, RequestRow.TakenBy) != null)
                .ExecuteUpdateAsync(
                    // The verifier is no longer needed.
                    set => set.SetProperty(static row => EF.Property<string?>(row, RequestRow.Outcome), outcome).SetProperty(static row => EF.Property<string?>(row, RequestRow.Payload), (string?)null),
                    cancel),
            cancellationToken),
        cancellationToken);

    /// <inheritdoc/>
    public Task<string?> FindOutcomeAsync(string id, string browserId, CancellationToken cancellationToken) => RunAsync(
        "The result of an attempt to connect could not be read",
        async rows => (await rows.ListAsync(rows.Live(id, browserId, Now).Select(static row => EF.Property<string?>(row, RequestRow.Outcome)), cancellationToken).ConfigureAwait(false)).SingleOrDefault(),
        cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TokenStoreProblem>> CheckAsync(CancellationToken cancellationToken) =>
        _contexts.RunAsync(context => _gate.CheckAsync(context, cancellationToken), cancellationToken);

    private Task<T> RunAsync<T>(string failure, Func<RequestSession, Task<T>> work, CancellationToken cancellationToken) => _contexts.RunAsync(
        context => _gate.RunAsync(
            context,
            engine => work(new RequestSession(context, engine)),
            static result => result,
            (engine, e) => engine.Explain(e, TokenTable.OfRequests(context).Name) is { } explanation ? $"{failure}: {explanation}" : null,
            cancellationToken),
        cancellationToken);
}
