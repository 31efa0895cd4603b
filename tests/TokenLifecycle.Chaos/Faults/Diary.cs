using System.Globalization;
using System.Text;

namespace TokenLifecycle.Chaos.Faults;

/// <summary>
/// What a worker has received, read and saved, written down by itself at that moment: a line is in the file before the worker goes on, so that it is there whatever becomes of the worker.
/// Tokens stand in it as fingerprints.
/// </summary>
internal sealed class Diary(string path, TimeProvider time) : IDisposable
{
    /// <summary>The library is up; what an earlier process kept locally has been handed over.</summary>
    public const string Started = "started";

    /// <summary>A refresh token leaves the process.</summary>
    public const string Sent = "sent";

    /// <summary>The answer with new tokens has come to the process.</summary>
    public const string Answered = "answered";

    /// <summary>The process no longer waits for an answer.</summary>
    public const string GaveUp = "gave-up";

    /// <summary>The lease is held.</summary>
    public const string Leased = "leased";

    /// <summary>The library has the new tokens and is about to save them.</summary>
    public const string Received = "received";

    public const string Saved = "saved";

    public const string NotSaved = "not-saved";

    /// <summary>The store held this refresh token.</summary>
    public const string Read = "read";

    private const string None = "-";

    private readonly FileStream _file = new(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
    private readonly Lock _lock = new();

    public DateTimeOffset Now => time.GetUtcNow();

    /// <param name="what">One of the constants.</param>
    /// <param name="token">The fingerprint of the refresh token.</param>
    /// <param name="replaced">The fingerprint of the one that it has replaced.</param>
    /// <param name="user">Whose.</param>
    /// <param name="begun">When what has ended now was begun.</param>
    public void Write(string what, string? token = null, string? replaced = null, string? user = null, DateTimeOffset? begun = null)
    {
        lock (_lock)
        {
            DateTimeOffset now = Now;
            string line = string.Create(CultureInfo.InvariantCulture, $"{now.UtcTicks} {(begun ?? now).UtcTicks} {what} {token ?? None} {replaced ?? None} {user ?? None}\n");
            _file.Write(Encoding.UTF8.GetBytes(line));
        }
    }

    public void Dispose() => _file.Dispose();

    public static IReadOnlyList<DiaryLine> ReadAll(string path) => File.Exists(path) ? [.. File.ReadLines(path).Select(Parse)] : [];

    private static DiaryLine Parse(string line, int number)
    {
        string[] words = line.Split(' ');
        DateTimeOffset Time(int word) => new(long.Parse(words[word], CultureInfo.InvariantCulture), TimeSpan.Zero);
        return new DiaryLine(number, Time(0), Time(1), words[2], words[3], words[4], words[5]);
    }
}

/// <param name="Number">Its place in the diary.</param>
/// <param name="At">When it was written.</param>
/// <param name="Begun">When what it tells of was begun.</param>
/// <param name="What">What.</param>
/// <param name="Token">The fingerprint of the refresh token.</param>
/// <param name="Replaced">The fingerprint of the one that it has replaced.</param>
/// <param name="User">Whose.</param>
internal sealed record DiaryLine(int Number, DateTimeOffset At, DateTimeOffset Begun, string What, string Token, string Replaced, string User);
