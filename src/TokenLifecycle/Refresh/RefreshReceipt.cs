using TokenLifecycle.Protocol;
using TokenLifecycle.Providers;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Refresh;

/// <summary>The response to a token request, and the outcome of its save.</summary>
/// <param name="Reply">The reply.</param>
/// <param name="Received">The row to save; null if the response contained nothing to save.</param>
/// <param name="Saved">The result of the save; null if the save is delayed, or there is nothing to save.</param>
internal sealed record RefreshReceipt(TokenReply Reply, ReceivedRow? Received = null, SaveResult? Saved = null)
{
    /// <summary>Gets the result for callers if handling the response failed after the save; null if there are no tokens.</summary>
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
