using Microsoft.Extensions.Options;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Options;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Health;

/// <summary>
/// Asks the app's stores, of connections and of pending authorization requests, whether they can be used. A check that fails, or does not
/// return, is a finding, not an error of the caller that asks.
/// </summary>
internal sealed class StoreCheck(
    ITokenStore store,
    StoreAccess access,
    UnreadableRows unreadable,
    IEnumerable<IAuthorizationRequestStore> requests,
    IOptionsMonitor<TokenLifecycleOptions> options,
    WorkScheduler work,
    TimeProvider time)
{
    private readonly StoreDeadline _deadline = new(work, time);

    /// <summary>So many rows that still cannot be read are proof enough.</summary>
    private const int Proof = 8;

    /// <param name="calls">How many deadlines of a store's call each store has.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    public async Task<IReadOnlyList<TokenStoreProblem>> RunAsync(int calls, CancellationToken cancellationToken)
    {
        TimeSpan deadline = options.CurrentValue.SaveTimeout * calls;
        List<TokenStoreProblem> problems = [.. await AskAsync(store, deadline, cancellationToken).ConfigureAwait(false)];
        foreach (IAuthorizationRequestStore pending in requests)
            problems.AddRange(await AskAsync(pending, deadline, cancellationToken).ConfigureAwait(false));
        return problems;
    }

    private async Task<IReadOnlyList<TokenStoreProblem>> AskAsync(object asked, TimeSpan deadline, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<TokenStoreProblem> problems = asked is ITokenStoreCheck check
                ? await _deadline.RunAsync(deadline, check.CheckAsync, mayBlock: true).WaitAsync(cancellationToken).ConfigureAwait(false)
                : [];
            return ReferenceEquals(asked, store) && await FindUnreadableAsync(cancellationToken).ConfigureAwait(false) is { } rows ? [.. problems, rows] : problems;
        }
        catch (TimeoutException)
        {
            return [new TokenStoreProblem(
                asked.GetType().Name,
                $"It did not answer within {deadline}.",
                "Check that its server is running and can be reached from this process: address, port, firewall, credentials, free connections. If it only takes longer, raise SaveTimeout. To start without it, set CheckStoreOnStart to Warn.")];
        }
        catch (TokenStoreNotReadyException unfit)
        {
            return unfit.Problems;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return [new TokenStoreProblem(asked.GetType().Name, $"It could not be checked: {failure.Message}", Remedy: null)];
        }
    }

    /// <summary>
    /// The store itself cannot detect that a row's key is missing; a caller that needed the row did. Those rows are looked at again, so
    /// that the finding disappears with its cause.
    /// </summary>
    private async Task<TokenStoreProblem?> FindUnreadableAsync(CancellationToken cancellationToken)
    {
        string? example = null;
        int found = 0;
        foreach (TokenKey key in unreadable.Keys)
        {
            if (await access.WhyUnreadableAsync(key).WaitAsync(cancellationToken).ConfigureAwait(false) is not { } why)
                continue;
            example ??= why;
            if (++found == Proof)
                break;
        }

        return example is null
            ? null
            : new TokenStoreProblem("stored rows", $"{unreadable.Count} connection(s) could not be read. One of them: {example}", Remedy: null) { IsConfined = true };
    }
}
