using System.Collections.Concurrent;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>Remembers what observers were told, and can wait for it without sleeping.</summary>
internal sealed class EventRecorder : ITokenLifecycleObserver
{
    private readonly ConcurrentQueue<TokenEvent> _events = new();
    private readonly SemaphoreSlim _arrived = new(0);

    public IReadOnlyCollection<TokenEvent> Events => _events;

    /// <summary>Runs for each event, on the library's own thread.</summary>
    public Func<TokenEvent, Task>? Then { get; set; }

    public async ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken)
    {
        if (Then is { } then)
            await then(tokenEvent);
        _events.Enqueue(tokenEvent);
        _arrived.Release();
    }

    /// <summary>The first event of a kind, waited for if need be.</summary>
    public async Task<TokenEvent> WaitForAsync(TokenEventKind kind)
    {
        while (true)
        {
            if (_events.FirstOrDefault(e => e.Kind == kind) is { } found)
                return found;
            (await _arrived.WaitAsync(TimeSpan.FromSeconds(30))).Should().BeTrue($"an event {kind} must come");
        }
    }
}
