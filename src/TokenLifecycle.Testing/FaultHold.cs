using TokenLifecycle.Testing.Web;

namespace TokenLifecycle.Testing;

/// <summary>A request that waits until the test lets it go.</summary>
public sealed class FaultHold : Fault
{
    private readonly bool _processFirst;
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Fault?> _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal FaultHold(bool processFirst) => _processFirst = processFirst;

    /// <summary>Ends when the first request has come to the hold.</summary>
    public Task Reached => _reached.Task;

    /// <summary>Lets every held request go on, and those to come.</summary>
    /// <param name="then">What happens to them next; <see langword="null"/> for the true answer.</param>
    public void Release(Fault? then = null) => _released.TrySetResult(then);

    internal override async Task PlayAsync(Exchange exchange)
    {
        if (_processFirst) exchange.Process();
        _reached.TrySetResult();
        Fault? then = await _released.Task.WaitAsync(exchange.Stopping).ConfigureAwait(false);
        await (then?.PlayAsync(exchange) ?? exchange.AnswerAsync()).ConfigureAwait(false);
    }
}
