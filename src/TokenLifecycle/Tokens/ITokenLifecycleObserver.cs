namespace TokenLifecycle;

/// <summary>
/// Told of what happens to connections: mail a user who has to reconnect, page an operator. Called after the fact, one event after another, and outside every lock, lease and place of the
/// background refresh, so it may call <see cref="ITokenManager"/>. Each observer has its own queue: a slow one delays no other.
/// </summary>
/// <remarks>
/// <para>What it throws is logged and undoes nothing. <see cref="TokenEventKind.ReauthorizationRequired"/> is told at least once: again if the observer threw, did not return in time, or the
/// process ended, and possibly twice, with the same <see cref="TokenEvent.At"/>. Of the other events the oldest are dropped when a thousand wait.</para>
/// <para>An observer that has not returned by <c>TokenLifecycleOptions.ObserverTimeout</c> is canceled. As long as it does not return it gets no further event, and the health check is Degraded.</para>
/// </remarks>
public interface ITokenLifecycleObserver
{
    /// <summary>Handles an event.</summary>
    /// <param name="tokenEvent">What happened, and to whom.</param>
    /// <param name="cancellationToken">Canceled when <c>TokenLifecycleOptions.ObserverTimeout</c> has passed, and when the host stops. Not the token of any caller.</param>
    ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken);
}
