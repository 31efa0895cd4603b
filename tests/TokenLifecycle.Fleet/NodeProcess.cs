using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using TokenLifecycle.Chaos;

namespace TokenLifecycle.Fleet;

/// <summary>A node as the run sees it.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<string, int> _problems = new(StringComparer.Ordinal);

    private readonly Channel<string[]> _answers = Channel.CreateUnbounded<string[]>();
    private readonly WorkerProcess _process;

    public NodeProcess(WorkerSettings settings)
    {
        _process = WorkerProcess.Start(settings, (_, words) => Heard(words), "node", typeof(NodeProcess).Assembly.Location);
        _ = _process.Ended.ContinueWith(_ => _answers.Writer.TryComplete(new InvalidOperationException("A node has ended in the middle of the run.")), TaskScheduler.Default);
    }

    public static int Problems => _problems.Values.Sum();

    public Task Ready => _process.Ready;

    public int Id => int.Parse(_process.Id, CultureInfo.InvariantCulture);

    public async Task BeginAsync(int interval, int inFlight)
    {
        _process.Say(string.Create(CultureInfo.InvariantCulture, $"begin {interval} {inFlight}"));
        await NextAsync("begun");
    }

    /// <summary>Ends the sweep.</summary>
    /// <returns>What it has measured, in milliseconds.</returns>
    public async Task<NodeTimes> EndAsync()
    {
        _process.Say("end");
        var times = new NodeTimes(await NextAsync("lags"), await NextAsync("done"), await NextAsync("claims"), await NextAsync("saves"));
        await NextAsync("ended");
        return times;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.FinishAsync();
        _process.Dispose();
    }

    private async Task<double[]> NextAsync(string expected)
    {
        string[] words = await _answers.Reader.ReadAsync();
        return words[0] == expected
            ? [.. words[1..].Select(static word => long.Parse(word, CultureInfo.InvariantCulture) / 10.0)]
            : throw new InvalidOperationException($"A node said '{words[0]}' where '{expected}' was expected.");
    }

    private void Heard(string[] words)
    {
        if (words[0] != "problem")
        {
            _answers.Writer.TryWrite(words);
            return;
        }

        // Of a kind the first is told, whole: names of connections and times make each one different.
        if (_problems.AddOrUpdate(string.Join(' ', words.Skip(1).Where(static word => word.All(char.IsLetter)).Take(6)), 1, static (_, count) => count + 1) == 1)
            Console.Error.WriteLine(string.Join(' ', words));
    }
}
