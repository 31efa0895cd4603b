using System.Globalization;
using System.Text;

namespace TokenLifecycle.TestKit;

/// <summary>Writes what the process's watch has seen to <c>artifacts/canary</c>, where <c>build/check-canary.sh</c> reads it.</summary>
internal sealed class CanaryReport
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    // Holds the timer: without a root it would be collected.
    private static CanaryReport? _kept;

    private readonly CanaryWatch _watch;
    private readonly string _assemblyName;
    private readonly string _path;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private string _written = "";

    private CanaryReport(CanaryWatch watch, string assemblyName)
    {
        _watch = watch;
        _assemblyName = assemblyName;
        string folder = RepositoryRoot.Combine("artifacts", "canary");
        Directory.CreateDirectory(folder);
        _path = Path.Combine(folder, assemblyName + ".txt");
        Write();

        // A test host that is killed runs no exit handler: a leak is written at once, the counts every second.
        watch.LeakFound = Write;
        _timer = TimeProvider.System.CreateTimer(_ => Write(), state: null, Every, Every);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => End();
    }

    public static void Keep(CanaryWatch watch, string assemblyName) => _kept = new CanaryReport(watch, assemblyName);

    private void End()
    {
        _timer.Dispose();
        _watch.Dispose();
        Write();
    }

    private void Write()
    {
        lock (_gate)
        {
            string text = Text();
            if (text == _written)
                return;
            File.WriteAllText(_path, text);
            _written = text;
        }
    }

    private string Text()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"assembly {_assemblyName}\n");
        foreach ((string channel, long count) in _watch.Scanned.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"scanned {channel} {count}\n");
        text.Append(CultureInfo.InvariantCulture, $"leaks {_watch.Leaks.Count}\n");
        foreach (CanaryLeak leak in _watch.Leaks)
            text.Append(CultureInfo.InvariantCulture, $"leak {leak}\n");
        return text.ToString();
    }
}
