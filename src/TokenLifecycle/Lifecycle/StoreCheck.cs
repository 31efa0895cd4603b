using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>Asks the app's store whether it is fit for use. A check that fails is a finding, not an error of the one who asks.</summary>
internal sealed class StoreCheck(ITokenStore store)
{
    public async Task<IReadOnlyList<TokenStoreProblem>> RunAsync(CancellationToken cancellationToken)
    {
        if (store is not ITokenStoreCheck check)
            return [];

        try
        {
            return await check.CheckAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TokenStoreUnfitException unfit)
        {
            return unfit.Problems;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return [new TokenStoreProblem(store.GetType().Name, $"It could not be checked: {failure.Message}", Remedy: null)];
        }
    }
}
