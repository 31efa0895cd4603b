using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>What a token request brought, and what became of it.</summary>
/// <param name="Reply">The reply.</param>
/// <param name="Received">The row that was to be saved; null if the reply brought nothing to save.</param>
/// <param name="Saved">The store's answer; null if the save is delayed, or there is nothing to save.</param>
internal sealed record RefreshReceipt(TokenReply Reply, ReceivedRow? Received = null, SaveResult? Saved = null)
{
    /// <summary>What callers get if nothing more can be worked out: the tokens are safe, whatever failed after that. Null if there are none.</summary>
    public RefreshResult? Kept => this switch
    {
        { Received: null } => null,
        { Received.IsSalvaged: true } => RefreshResult.Unavailable(TokenFailureKind.ProtocolError, TimeSpan.FromSeconds(5), Saved?.Token ?? Received.Row),
        { Saved: null } => RefreshResult.Refreshed(Received.Row),
        { Saved: { IsSaved: true, Token: { } stored } } => RefreshResult.Refreshed(stored),
        { Saved.Token: { } current } => RefreshResult.Adopted(current),
        _ => RefreshResult.Reauthorize(ReauthorizationReason.NotConnected),
    };
}
