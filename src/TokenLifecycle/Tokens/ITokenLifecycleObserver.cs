namespace TokenLifecycle;

/// <summary>
/// Receives events about connections, for example to mail a user who has to reconnect or to page an operator. Called after an event has
/// happened, one event after another, and outside every lock, lease and place of the background refresh, so it may call
/// <see cref="ITokenManager"/>. Each observer has its own queue: a slow observer delays no other.
/// </summary>
/// <remarks>
/// <para>Exceptions are logged and have no other effect. <see cref="TokenEventKind.ReauthorizationRequired"/> is delivered at least once:
/// it is delivered again if the observer threw or did not return in time, or the process stopped. It may be delivered twice, with the same
/// <see cref="TokenEvent.At"/>. When a thousand other events wait, the oldest are dropped.</para>
/// <para>An observer that has not returned by <c>TokenLifecycleOptions.ObserverTimeout</c> is canceled. Until it returns, it gets no
/// further events, and the health check is Degraded.</para>
/// </remarks>
public interface ITokenLifecycleObserver
{
    /// <summary>Handles an event.</summary>
    /// <param name="tokenEvent">What happened, and to whom.</param>
    /// <param name="cancellationToken">Canceled when <c>TokenLifecycleOptions.ObserverTimeout</c> has passed, and when the host stops. Not
    /// the token of any caller.</param>
    ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken);
}
