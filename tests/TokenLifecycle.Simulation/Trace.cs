using System.Globalization;
using System.Text;

namespace TokenLifecycle.Simulation;

/// <summary>What happened in a run, in plain words, and a hash of it and of every step between.</summary>
internal sealed class Trace
{
    private readonly StringBuilder _text = new();
    private ulong _hash = 14695981039346656037;

    private readonly int _thread = Environment.CurrentManagedThreadId;

    /// <summary>Gets whether code of the library has left the simulation's thread: what it did then cannot be repeated.</summary>
    public bool HasEscaped => Escape is not null;

    /// <summary>Gets where it happened first.</summary>
    public string? Escape { get; private set; }

    public string Text => _text.ToString();

    /// <summary>A hash of the whole text and of every step of the scheduler.</summary>
    public string Hash => _hash.ToString("x16", CultureInfo.InvariantCulture);

    public void Step(long now, int owner, string what)
    {
        Mix((ulong)now);
        Mix((ulong)owner);
        Mix(what);
    }

    public void Line(long now, string who, string what)
    {
        CheckThread();
        Mix((ulong)now);
        Mix(who);
        Mix(what);
        _text.Append(CultureInfo.InvariantCulture, $"{now / (double)TimeSpan.TicksPerSecond,10:0.000}  {who,-7} {what}").Append('\n');
    }

    /// <summary>Everything runs on one thread.</summary>
    public void CheckThread()
    {
        if (Environment.CurrentManagedThreadId == _thread)
            return;
        Escape ??= Environment.StackTrace;
        throw new InvalidOperationException("Code of the library has left the simulation's thread: a seam is missing (docs/adr/0027).");
    }

    private void Mix(string text)
    {
        foreach (char c in text)
            _hash = (_hash ^ c) * 1099511628211;
    }

    private void Mix(ulong value) => _hash = ((_hash ^ value) * 1099511628211) ^ (value >> 32);
}
