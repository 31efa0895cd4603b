using TokenLifecycle.Concurrency;

namespace TokenLifecycle.Tests.Concurrency;

/// <summary>Places that are waited for.</summary>
public sealed class AsyncSemaphoreTests
{
    private readonly AsyncSemaphore _places = new(WorkScheduler.Default, 1);

    [Fact]
    public async Task Who_waits_gets_the_place_in_the_order_of_coming()
    {
        await _places.TakeAsync();
        Task first = _places.TakeAsync();
        Task second = _places.TakeAsync();
        _places.TryTake().Should().BeFalse();

        _places.Release();
        await first;
        second.IsCompleted.Should().BeFalse();
        _places.Release();
        await second;
    }

    [Fact]
    public async Task Who_gives_up_takes_no_place()
    {
        await _places.TakeAsync();
        using var gone = new CancellationTokenSource();
        Task waiting = _places.TakeAsync(gone.Token);
        await gone.CancelAsync();
        await ((Func<Task>)(() => waiting)).Should().ThrowAsync<OperationCanceledException>();

        _places.Release();
        _places.TryTake().Should().BeTrue();
        _places.TryTake().Should().BeFalse();
    }

    [Fact]
    public async Task As_many_are_inside_as_there_are_places()
    {
        var places = new AsyncSemaphore(WorkScheduler.Default, 3);
        (int inside, int most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            using var gone = new CancellationTokenSource();
            if (i % 5 == 0)
                await gone.CancelAsync();
            try
            {
                await places.TakeAsync(gone.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            int now = Interlocked.Increment(ref inside);
            InterlockedMax(ref most, now);
            await Task.Yield();
            Interlocked.Decrement(ref inside);
            places.Release();
        })));

        most.Should().BeInRange(1, 3);
        for (int i = 0; i < 3; i++)
            places.TryTake().Should().BeTrue();
        places.TryTake().Should().BeFalse();
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (int known = Volatile.Read(ref most); value > known; known = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, value, known);
    }
}
