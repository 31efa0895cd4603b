using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Chaos;

namespace TokenLifecycle.Storm;

/// <summary>
/// An app that blocks threads of the pool on tokens, as many at once as it is told, while tokens expire. Line in: <c>stall THREADS SECONDS CONNECTIONS</c>. Lines out:
/// <c>ready</c>, <c>done ANSWERED REFUSED LONGEST_MS</c>.
/// </summary>
internal static class StallNode
{
    public static async Task<int> RunAsync(WorkerSettings settings)
    {
        await using ServiceProvider app = WorkerHost.Build(settings);
        ITokenManager tokens = app.GetRequiredService<ITokenManager>();
        await Worker.WarmUpAsync(tokens);
        Console.Out.WriteLine("ready");

        while (Console.In.ReadLine() is { } line)
        {
            int[] words = [.. line.Split(' ')[1..].Select(static word => int.Parse(word, CultureInfo.InvariantCulture))];
            Console.Out.WriteLine(new Load(tokens, words[2]).Run(words[0], TimeSpan.FromSeconds(words[1])));
        }

        return 0;
    }

    private sealed class Load(ITokenManager tokens, int connections)
    {
        private readonly ConcurrentBag<TimeSpan> _times = [];
        private readonly ConcurrentDictionary<string, int> _reasons = new(StringComparer.Ordinal);
        private readonly ManualResetEventSlim _never = new();
        private readonly CountdownEvent _running = new(1);
        private volatile bool _isOver;
        private int _refused;
        private int _next;

        /// <summary>On the main thread, which is none of the pool.</summary>
        public string Run(int threads, TimeSpan time)
        {
            for (int thread = 0; thread < threads; thread++)
            {
                _running.AddCount();
                ThreadPool.UnsafeQueueUserWorkItem(static load => load.Ask(), this, preferLocal: false);
            }

            _never.Wait(time);
            _isOver = true;
            _running.Signal();
            _running.Wait();
            Console.Error.WriteLine($"refused: {string.Join(", ", _reasons.Select(static reason => $"{reason.Key} {reason.Value}"))}");
            return string.Create(CultureInfo.InvariantCulture, $"done {_times.Count} {_refused} {(_times.IsEmpty ? 0 : _times.Max().TotalMilliseconds):0}");
        }

        /// <summary>One request of the app: a token, some blocking work with it, and the next request takes a thread as soon as there is one.</summary>
        private void Ask()
        {
            long begun = TimeProvider.System.GetTimestamp();
            try
            {
                tokens.GetAccessTokenAsync(WorkerHost.KeyOf(Interlocked.Increment(ref _next) % connections)).AsTask().GetAwaiter().GetResult();
                _never.Wait(TimeSpan.FromMilliseconds(20));
            }
            catch (TokenException refusal)
            {
                _reasons.AddOrUpdate(refusal is TokenTemporarilyUnavailableException later ? $"{later.Kind}" : refusal.GetType().Name, 1, static (_, count) => count + 1);
                Interlocked.Increment(ref _refused);
            }

            _times.Add(TimeProvider.System.GetElapsedTime(begun));
            if (_isOver)
                _running.Signal();
            else
                ThreadPool.UnsafeQueueUserWorkItem(static load => load.Ask(), this, preferLocal: false);
        }
    }
}
