using System.Collections.Concurrent;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>What is wrong with an observer of an app's.</summary>
internal enum ObserverTrouble
{
    None,
    NeverReturns,
    BlocksItsThread,
    Throws,
    EndsWhenCanceled,
}

/// <summary>An observer of an app's that is in trouble until it is released.</summary>
internal sealed class TroubledObserver(ObserverTrouble trouble) : ITokenLifecycleObserver
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _called = new(0);

    public ConcurrentQueue<TokenEvent> Calls { get; } = new();

    public ConcurrentQueue<TokenEvent> Taken { get; } = new();

    public CancellationToken LastToken { get; private set; }

    public async ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken)
    {
        LastToken = cancellationToken;
        Calls.Enqueue(tokenEvent);
        _called.Release();
        if (!_released.Task.IsCompleted)
        {
            switch (trouble)
            {
                case ObserverTrouble.NeverReturns:
                    await _released.Task;
                    break;
                case ObserverTrouble.BlocksItsThread:
                    _released.Task.GetAwaiter().GetResult();
                    break;
                case ObserverTrouble.Throws:
                    throw new IOException("no mail");
                case ObserverTrouble.EndsWhenCanceled:
                    await _released.Task.WaitAsync(cancellationToken);
                    break;
            }
        }

        Taken.Enqueue(tokenEvent);
    }

    /// <summary>Waits until it has been called once more.</summary>
    public async Task NextCallAsync() => (await _called.WaitAsync(TimeSpan.FromSeconds(30))).Should().BeTrue("an event must come");

    public void Release() => _released.TrySetResult();
}
