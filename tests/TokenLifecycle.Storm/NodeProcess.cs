using System.Globalization;
using System.Threading.Channels;
using TokenLifecycle.Chaos;

namespace TokenLifecycle.Storm;

/// <summary>A node as the run sees it.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private readonly Channel<string[]> _answers = Channel.CreateUnbounded<string[]>();
    private readonly WorkerProcess _process;

    public NodeProcess(WorkerSettings settings)
    {
        _process = WorkerProcess.Start(settings, (_, words) => _answers.Writer.TryWrite(words), "node", typeof(NodeProcess).Assembly.Location);
        _ = _process.Ended.ContinueWith(_ => _answers.Writer.TryComplete(new InvalidOperationException("A node has ended in the middle of the storm.")), TaskScheduler.Default);
    }

    public Task Ready => _process.Ready;

    /// <summary>Lets the token end in this process too, and its callers take up their places.</summary>
    public async Task LineUpAsync(TimeSpan ahead, int callers)
    {
        _process.Say(string.Create(CultureInfo.InvariantCulture, $"round {ahead.TotalSeconds} {callers}"));
        await _answers.Reader.ReadAsync();
    }

    public void Go() => _process.Say("go");

    public async Task<RoundOutcome> OutcomeAsync()
    {
        string[] words = await _answers.Reader.ReadAsync();
        return new RoundOutcome(
            words[3..].Select(static word => word.Split('=')).ToDictionary(static pair => pair[0], static pair => Number(pair[1]), StringComparer.Ordinal), Number(words[1]), Number(words[2]));
    }

    public async ValueTask DisposeAsync()
    {
        await _process.FinishAsync();
        _process.Dispose();
    }

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);
}
