using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace TokenLifecycle.TestKit;

/// <summary>
/// Looks for marked secrets (<see cref="Canary.Mark"/>) in everything that the process says: activities, metrics, exceptions, and the logs of whoever
/// calls <see cref="CanaryLoggingExtensions.AddCanaryLogging"/>. One watches each test process from its start; what it finds fails the run.
/// </summary>
public sealed class CanaryWatch : IDisposable
{
    private const int ExcerptReach = 60;

    private static CanaryWatch? _process;

    private readonly string _mark;
    private readonly ConcurrentDictionary<string, long> _scanned = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<CanaryLeak> _leaks = new();
    private readonly List<IDisposable> _listeners;

    /// <summary>Begins a watch of its own: the test of the watch plants another mark, so that the process's watch stays clean.</summary>
    /// <param name="mark">The text to look for.</param>
    public CanaryWatch(string mark)
    {
        _mark = mark;
        _listeners = [new CanaryActivities(this), new CanaryMetrics(this), new CanaryExceptions(this)];
    }

    /// <summary>The watch over this test process.</summary>
    public static CanaryWatch OfProcess => _process ?? throw new InvalidOperationException("tests/Shared/CanaryWatchStart.cs is not part of this test assembly.");

    public IReadOnlyCollection<CanaryLeak> Leaks => _leaks;

    public IReadOnlyDictionary<string, long> Scanned => _scanned;

    internal Action? LeakFound { get; set; }

    /// <summary>Called once by each test assembly's module initializer.</summary>
    public static void StartForProcess(string assemblyName)
    {
        var watch = new CanaryWatch(Canary.Mark);
        if (Interlocked.CompareExchange(ref _process, watch, comparand: null) is null)
            CanaryReport.Keep(watch, assemblyName);
        else
            watch.Dispose();
    }

    /// <summary>Looks at whatever a test got hold of: a page, a status, a problem details body, a file on disk.</summary>
    public static void Inspect(object? value, [CallerArgumentExpression(nameof(value))] string place = "") =>
        OfProcess.Scan("inspected", place, value?.ToString());

    /// <summary>Looks at one text.</summary>
    /// <returns>Whether it was clean.</returns>
    public bool Scan(string channel, string place, string? text)
    {
        _scanned.AddOrUpdate(channel, 1, static (_, count) => count + 1);
        if (text is null)
            return true;
        int at = text.IndexOf(_mark, StringComparison.Ordinal);
        if (at < 0)
            return true;

        int from = Math.Max(0, at - ExcerptReach);
        int to = Math.Min(text.Length, at + _mark.Length + ExcerptReach);
        _leaks.Enqueue(new CanaryLeak(channel, place, text[from..to].ReplaceLineEndings(" ")));
        LeakFound?.Invoke();
        return false;
    }

    /// <summary>Looks at names and values of tags, baggage, log state.</summary>
    internal void Scan(string channel, string place, string name, object? value)
    {
        Scan(channel, $"{place}, a name", name);
        Scan(channel, $"{place} [{name}]", AsText(value));
    }

    public void Dispose()
    {
        foreach (IDisposable listener in _listeners)
            listener.Dispose();
    }

    private static string? AsText(object? value) => value switch
    {
        null => null,
        string text => text,
        System.Collections.IEnumerable many => string.Join(' ', many.Cast<object?>()),
        _ => value.ToString(),
    };
}
