using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.EntityFramework.Engines;
using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.EntityFramework.Rows;
using TokenLifecycle.EntityFramework.Schema;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework;

/// <summary>
/// Remembers redeemed authorization requests in a table of the app's own database. Times are the app's, as they come in the rows: of ten
/// minutes, the seconds by
/// which nodes differ do not matter.
/// </summary>
internal sealed class EntityFrameworkAuthorizationRequestStore<TContext>(IServiceScopeFactory scopes, TimeProvider clock, DatabaseEngines engines)
    : IAuthorizationRequestStore, ITokenStoreCheck
    where TContext : DbContext
{
    private readonly SchemaGate _gate = new(clock, engines, ExpectedTable.OfRequests);
    private readonly ScopedContext<TContext> _contexts = new(scopes);

    private DateTime Now => clock.GetUtcNow().UtcDateTime;

    /// <inheritdoc/>
    public Task<AuthorizationRedemption> TryRedeemAsync(string id, string holder, DateTimeOffset expiresAt, CancellationToken cancellationToken) => RunAsync(
        "A returning browser's attempt to connect could not be redeemed",
        async rows =>
        {
            DateTime now = Now;
            await rows.SweepAsync(id, now, cancellationToken).ConfigureAwait(false);

            // The mark proves that it was this call, even if the response was lost and the statement was repeated.
            Guid? mine = Guid.NewGuid();
            if (await rows.FindAsync(id, cancellationToken).ConfigureAwait(false) is not { } found)
            {
                Dictionary<string, object?> values = new(StringComparer.Ordinal)
                {
                    [RequestRow.Id] = id,
                    [RequestRow.Holder] = holder,
                    [RequestRow.TakenBy] = mine,
                    [RequestRow.ExpiresAt] = expiresAt.UtcDateTime,
                };
                found = await rows.InsertAsync(values, cancellationToken).ConfigureAwait(false);
            }

            return found.TakenBy == mine ? AuthorizationRedemption.Taken
                : string.Equals(found.Holder, holder, StringComparison.Ordinal) ? AuthorizationRedemption.TakenBefore(found.Outcome)
                : AuthorizationRedemption.TakenByAnother;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task SetOutcomeAsync(string id, string outcome, CancellationToken cancellationToken) => RunAsync(
        "The result of an attempt to connect could not be stored",
        rows => rows.ExecuteAsync(
            cancel => rows.Of(id).ExecuteUpdateAsync(set => set.SetProperty(static row => EF.Property<string?>(row, RequestRow.Outcome), outcome), cancel),
            cancellationToken),
        cancellationToken);

    /// <inheritdoc/>
    public Task<string?> FindOutcomeAsync(string id, string holder, CancellationToken cancellationToken) => RunAsync(
        "The result of an attempt to connect could not be read",
        async rows => (await rows.ListAsync(rows.Live(id, holder, Now).Select(static row => EF.Property<string?>(row, RequestRow.Outcome)), cancellationToken).ConfigureAwait(false)).SingleOrDefault(),
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
