using System.Collections.Concurrent;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests;

/// <summary>The real store, and what was given to it.</summary>
internal sealed class RecordingRequestStore : IAuthorizationRequestStore
{
    private readonly InMemoryAuthorizationRequestStore _inner = new(new ManualTimeProvider());

    public ConcurrentQueue<PendingAuthorization> Added { get; } = new();

    public ConcurrentQueue<string> Outcomes { get; } = new();

    public Task<bool> TryAddAsync(PendingAuthorization request, AuthorizationRequestBounds bounds, CancellationToken cancellationToken)
    {
        Added.Enqueue(request);
        return _inner.TryAddAsync(request, bounds, cancellationToken);
    }

    public Task<AuthorizationRedemption> TryRedeemAsync(string id, string browserId, CancellationToken cancellationToken) => _inner.TryRedeemAsync(id, browserId, cancellationToken);

    public Task SetOutcomeAsync(string id, string outcome, CancellationToken cancellationToken)
    {
        Outcomes.Enqueue(outcome);
        return _inner.SetOutcomeAsync(id, outcome, cancellationToken);
    }

    public Task<string?> FindOutcomeAsync(string id, string browserId, CancellationToken cancellationToken) => _inner.FindOutcomeAsync(id, browserId, cancellationToken);
}
