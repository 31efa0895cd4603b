using System.Globalization;

namespace CheckPackages;

/// <summary>Prints the progress and counts the checks of both groups.</summary>
internal sealed class Report
{
    private readonly Lock _gate = new();
    private readonly long _started = TimeProvider.System.GetTimestamp();

    public int Checks { get; private set; }

    public int Failures { get; private set; }

    public int Projects { get; private set; }

    public int Seconds => (int)TimeProvider.System.GetElapsedTime(_started).TotalSeconds;

    public void Step(string text) => Write(string.Create(CultureInfo.InvariantCulture, $"[{Seconds,4}s] {text}"));

    public void Note(string text) => Write($"        NOTE: {text}");

    public void Worked(string project, string text)
    {
        lock (_gate)
            Projects++;
        Step($"{project}: {text}");
    }

    public void Check(bool holds, string otherwise)
    {
        lock (_gate)
        {
            Checks++;
            if (!holds)
                Failures++;
        }

        if (!holds)
            Write($"        FAILED: {otherwise}");
    }

    private void Write(string line)
    {
        lock (_gate)
            Console.WriteLine(line);
    }
}
