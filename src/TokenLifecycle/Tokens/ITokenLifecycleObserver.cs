namespace TokenLifecycle;

/// <summary>
/// Told of what happens to connections: mail a user who has to reconnect, page an operator. Called after the fact and outside every lock, so it may
/// call <see cref="ITokenManager"/>. What it throws is logged and undoes nothing; of <see cref="TokenEventKind.ReauthorizationRequired"/> it is then told again.
/// </summary>
public interface ITokenLifecycleObserver
{
    /// <summary>Something happened.</summary>
    /// <param name="tokenEvent">What, and to whom.</param>
    /// <param name="cancellationToken">Reserved for a host that must stop; not the caller's token.</param>
    ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken);
}
