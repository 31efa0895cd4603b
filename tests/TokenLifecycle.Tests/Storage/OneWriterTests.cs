using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Storage;

/// <summary>Several processes on one distributed cache: one of them refreshes.</summary>
public sealed class OneWriterTests
{
    private const int Starts = 200;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private static readonly TokenKey Key = new("strava", "ada");
    private readonly ManualTimeProvider _clock = new();
    private readonly MemoryDistributedCache _memory = new(Microsoft.Extensions.Options.Options.Create(new MemoryDistributedCacheOptions()));

    [Fact]
    [Trait("Rule", "FR-19")]
    public async Task Of_two_processes_that_start_at_once_on_an_empty_marker_one_refreshes()
    {
        await FillAsync();
        byte[] row = (await _memory.GetAsync($"tokenlifecycle:{Key}"))!;
        for (int seed = 0; seed < Starts; seed++)
        {
            await _memory.SetAsync($"tokenlifecycle:{Key}", row);
            await _memory.RemoveAsync(SingleWriterLease.CacheKey);
            TurnTakingCache cache = new(_memory, new Random(seed));
            Task<RefreshClaim>[] starts = [.. Enumerable.Range(0, 2).Select(i => new DistributedCacheTokenStore(cache, _clock).BeginRefreshAsync(Key, $"attempt-{i}", Lease, CancellationToken.None))];

            await cache.RunAsync(Task.WhenAll(starts), _clock);

            starts.Count(static start => start.IsCompletedSuccessfully && start.Result.Kind == RefreshClaimKind.Acquired).Should().Be(1, $"seed {seed}");
            starts.Should().NotContain(static start => start.IsFaulted && !(start.Exception.InnerException is InvalidOperationException));
        }
    }

    [Fact]
    [Trait("Rule", "FR-19")]
    public async Task A_writer_that_lives_and_writes_nothing_stays_the_writer()
    {
        await FillAsync();
        using DistributedCacheTokenStore writer = new(_memory, _clock);
        await AdvancedAsync(writer.BeginRefreshAsync(Key, "a", Lease, CancellationToken.None));
        using DistributedCacheTokenStore second = new(_memory, _clock);

        for (int beat = 0; beat < 200; beat++)
            _clock.Advance(SingleWriterLease.RenewAfter);

        await second.Invoking(store => store.BeginRefreshAsync(Key, "b", Lease, CancellationToken.None)).Should().ThrowAsync<InvalidOperationException>().WithMessage("*Another process*");
        (await second.CheckAsync(CancellationToken.None)).Should().ContainSingle().Which.IsConfined.Should().BeTrue("it can still read");
        (await writer.CheckAsync(CancellationToken.None)).Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "FR-19")]
    public async Task A_process_that_lost_the_marker_saves_what_its_own_refresh_received_and_begins_no_other()
    {
        await FillAsync();
        DistributedCacheTokenStore first = new(_memory, _clock);
        StoredToken row = (await AdvancedAsync(first.BeginRefreshAsync(Key, "a", Lease, CancellationToken.None))).Token!;
        await _memory.RemoveAsync(SingleWriterLease.CacheKey);
        using DistributedCacheTokenStore second = new(_memory, _clock);
        (await AdvancedAsync(second.BeginRefreshAsync(Key, "b", Lease, CancellationToken.None))).Kind.Should().Be(RefreshClaimKind.Held);

        SaveResult saved = await first.SaveAsync(Row(), row.Version, CancellationToken.None);

        saved.IsSaved.Should().BeTrue("the pair is nowhere else");
        await first.Invoking(store => store.BeginRefreshAsync(Key, "c", Lease, CancellationToken.None)).Should().ThrowAsync<InvalidOperationException>();
    }

    private async Task FillAsync()
    {
        using DistributedCacheTokenStore store = new(_memory, _clock);
        await AdvancedAsync(store.SaveAsync(Row(), StoredToken.Unsaved, CancellationToken.None));
    }

    private async Task<T> AdvancedAsync<T>(Task<T> task)
    {
        while (!task.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        return await task;
    }

    private static StoredToken Row() => new() { Key = Key, Tokens = new TokenSet { AccessToken = Canary.New("at"), RefreshToken = Canary.New("rt") } };

    /// <summary>A cache whose calls are answered one after the other, in an order that is drawn.</summary>
    private sealed class TurnTakingCache(IDistributedCache cache, Random random) : IDistributedCache
    {
        /// <summary>So often nothing is asked before time passes.</summary>
        private const int Quiet = 200;

        private readonly List<TaskCompletionSource> _waiting = [];

        public async Task RunAsync(Task all, ManualTimeProvider clock)
        {
            for (int quiet = 0; !all.IsCompleted; quiet++)
            {
                TaskCompletionSource? next = null;
                lock (_waiting)
                {
                    if (_waiting.Count > 0)
                    {
                        next = _waiting[random.Next(_waiting.Count)];
                        _waiting.Remove(next);
                    }
                }

                if (next is not null)
                    quiet = 0;
                next?.SetResult();
                if (quiet == Quiet)
                {
                    clock.Advance(TimeSpan.FromMilliseconds(100));
                    quiet = 0;
                }

                await Task.Yield();
            }
        }

        public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
        {
            await TurnAsync();
            return await cache.GetAsync(key, token);
        }

        public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        {
            await TurnAsync();
            await cache.SetAsync(key, value, options, token);
        }

        public Task RemoveAsync(string key, CancellationToken token = default) => cache.RemoveAsync(key, token);

        public Task RefreshAsync(string key, CancellationToken token = default) => cache.RefreshAsync(key, token);

        public byte[]? Get(string key) => cache.Get(key);

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => cache.Set(key, value, options);

        public void Refresh(string key) => cache.Refresh(key);

        public void Remove(string key) => cache.Remove(key);

        private Task TurnAsync()
        {
            TaskCompletionSource turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_waiting)
                _waiting.Add(turn);
            return turn.Task;
        }
    }
}
