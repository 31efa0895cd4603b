using System.Threading.Channels;
using TokenLifecycle.Testing.Web;

namespace TokenLifecycle.Testing;

/// <summary>A reply whose body comes byte by byte, as the test lets them go.</summary>
public sealed class FaultDrip : Fault
{
    private readonly Channel<bool> _allowed = Channel.CreateUnbounded<bool>();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal FaultDrip()
    {
    }

    /// <summary>Ends when the headers of the first reply are out.</summary>
    public Task Reached => _reached.Task;

    /// <summary>Lets the next bytes go.</summary>
    /// <param name="bytes">How many.</param>
    public void Send(int bytes = 1)
    {
        for (int i = 0; i < bytes; i++) _allowed.Writer.TryWrite(true);
    }

    /// <summary>Lets all the rest go.</summary>
    public void Finish() => _allowed.Writer.TryComplete();

    internal override Task PlayAsync(Exchange exchange) => DripAsync(exchange, () => WaitAsync(exchange.Context.RequestAborted), _reached);

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        if (await _allowed.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false)) _allowed.Reader.TryRead(out _);
    }
}
