using System.Diagnostics;
using System.Globalization;

namespace TokenLifecycle.Chaos;

/// <summary>A worker as the run sees it: what it was told, what it has answered, and its end.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unanswered;

    private WorkerProcess(Process process) => _process = process;

    public string Id => _process.Id.ToString(CultureInfo.InvariantCulture);

    public Task Ready => _ready.Task;

    /// <summary>Ends when the process is gone and its last line has been read.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <param name="settings">What it needs to know.</param>
    /// <param name="heard">Told each line that it says.</param>
    /// <param name="mode"><c>worker</c>, or <c>host</c> for one that runs in a host and heeds SIGTERM.</param>
    /// <param name="program">Another harness's program, which has modes of its own.</param>
    public static WorkerProcess Start(WorkerSettings settings, Action<WorkerProcess, string[]> heard, string mode = "worker", string? program = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [program ?? typeof(WorkerProcess).Assembly.Location, mode])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        settings.PutInto(start.Environment);
        var worker = new WorkerProcess(Process.Start(start)!);
        worker.Ended = Task.Run(() => worker.ListenAsync(heard));
        return worker;
    }

    public void Get(int connection) => Say($"get {connection}");

    /// <summary>Tells it to get all of them; once in its life.</summary>
    /// <returns>Ends when it has answered for each, whatever it was.</returns>
    public Task GetAllAsync(IReadOnlyCollection<Connection> connections)
    {
        _unanswered = connections.Count;
        foreach (Connection connection in connections)
            Get(connection.Index);
        return _answered.Task;
    }

    public void Arm(string failpoint) => Say($"arm {failpoint}");

    public void Stop(string failpoint) => Say($"stop {failpoint}");

    public void Say(string line)
    {
        try
        {
            lock (_process)
            {
                _process.StandardInput.WriteLine(line);
                _process.StandardInput.Flush();
            }
        }
        catch (IOException)
        {
            // Dead already: what it did not answer is taken over by another.
        }
    }

    public void Signal(string signal) => Signals.Send(signal, _process.Id);

    /// <summary>Whether the process is stopped; only the kernel knows that.</summary>
    public bool IsStopped => !_process.HasExited && File.ReadAllText($"/proc/{Id}/stat").Split(") ")[^1][0] == 'T';

    /// <summary>Ends when the process is stopped.</summary>
    public async Task StoppedAsync()
    {
        while (!_process.HasExited && !IsStopped)
            await Task.Yield();
    }

    public void Kill()
    {
        if (!_process.HasExited)
            _process.Kill();
    }

    /// <summary>How it ended, once it has.</summary>
    public int ExitCode => _process.ExitCode;

    public async Task FinishAsync()
    {
        _process.StandardInput.Close();
        await Ended;
    }

    public void Dispose() => _process.Dispose();

    private async Task ListenAsync(Action<WorkerProcess, string[]> heard)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == "ready")
                _ready.TrySetResult();
            else
                Hear(heard, line.Split(' '));
        }

        await _process.WaitForExitAsync();
        _ready.TrySetException(new InvalidOperationException("A worker ended before it was ready."));
        _ = _ready.Task.Exception;
    }

    private void Hear(Action<WorkerProcess, string[]> heard, string[] words)
    {
        heard(this, words);
        if (words[0] is "ok" or "reauth" or "error" && Interlocked.Decrement(ref _unanswered) == 0)
            _answered.TrySetResult();
    }
}
