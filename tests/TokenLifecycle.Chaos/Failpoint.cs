using System.Diagnostics;

namespace TokenLifecycle.Chaos;

/// <summary>
/// The named places where a worker dies by its own hand, with the same SIGKILL as by another's: nothing is flushed, no handler runs. Or where it is stopped, with SIGSTOP, until somebody
/// lets it go on.
/// </summary>
internal sealed class Failpoint
{
    public const string BeforeLease = "before-lease";
    public const string AfterLease = "after-lease";
    public const string BeforeSave = "before-save";
    public const string AfterSave = "after-save";
    public const string AfterPublish = "after-publish";

    /// <summary>The server has the whole request and has done nothing yet: it kills the worker, and then does its work or does not.</summary>
    public const string RequestSent = "request-sent";

    /// <summary>The server has rotated and answers nobody.</summary>
    public const string Rotated = "rotated";

    private volatile string? _armed;

    public static IReadOnlyList<string> InWorker { get; } = [BeforeLease, AfterLease, BeforeSave, AfterSave, AfterPublish];

    public static IReadOnlyList<string> AtServer { get; } = [RequestSent, Rotated];

    private string? _stop;

    public void Arm(string name) => _armed = name;

    /// <summary>Once, at the next time that it is passed.</summary>
    public void ArmStop(string name) => _stop = name;

    public void Pass(string name)
    {
        if (Volatile.Read(ref _stop) is { } stop && stop == name && Interlocked.CompareExchange(ref _stop, null, stop) == (object)stop)
            Signals.Send("STOP", Environment.ProcessId);
        if (_armed != name)
            return;

        Process.GetCurrentProcess().Kill(); // SIGKILL on Unix.
        Process.GetCurrentProcess().WaitForExit(); // Never comes back.
    }
}
