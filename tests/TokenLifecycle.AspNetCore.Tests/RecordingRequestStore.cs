using System.Collections.Concurrent;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests;

/// <summary>The real store, and what was given to it.</summary>
internal sealed class RecordingRequestStore : IAuthorizationRequestStore
{
    private readonly InMemoryAuthorizationRequestStore _inner = new(new ManualTimeProvider());

    public ConcurrentQueue<(string Id, string Holder, DateTimeOffset ExpiresAt)> Redeemed { get; } = new();

    public ConcurrentQueue<string> Outcomes { get; } = new();

    public Task<AuthorizationRedemption> TryRedeemAsync(string id, string holder, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        Redeemed.Enqueue((id, holder, expiresAt));
        return _inner.TryRedeemAsync(id, holder, expiresAt, cancellationToken);
    }

    public Task SetOutcomeAsync(string id, string outcome, CancellationToken cancellationToken)
    {
        Outcomes.Enqueue(outcome);
        return _inner.SetOutcomeAsync(id, outcome, cancellationToken);
    }

    public Task<string?> FindOutcomeAsync(string id, string holder, CancellationToken cancellationToken) => _inner.FindOutcomeAsync(id, holder, cancellationToken);
}
