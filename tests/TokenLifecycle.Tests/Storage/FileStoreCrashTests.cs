using System.Globalization;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Tests.Storage;

/// <summary>What was reported as saved is there after a kill at any instant, whole.</summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class FileStoreCrashTests : IDisposable
{
    private const int RandomKills = 25;

    private static readonly TokenKey _key = new("strava", "anna");
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task B14_a_writer_killed_at_random_instants_leaves_whole_rows_and_none_older_than_it_reported()
    {
        Random random = new(14);
        for (int kill = 0; kill < RandomKills; kill++)
        {
            using WriterProcess writer = WriterProcess.Start(["write", _folder.Path, _key.UserId]);
            for (int heard = random.Next(1, 12); heard > 0; heard--)
                await writer.HearAsync();
            await writer.KillAsync();

            await ExpectWholeRowAsync(writer.Reported);
        }
    }

    [StraceFact]
    public async Task B14_a_writer_killed_at_any_step_of_a_save_leaves_a_whole_row_and_none_older_than_it_reported()
    {
        using (WriterProcess first = WriterProcess.Start(["count", _folder.Path, _key.UserId, "2"]))
            await first.EndAsync();

        int left = 0;
        foreach (string step in (string[])["pwrite64", "fsync", "rename"])
        {
            for (int when = 1; when <= 4; when++)
            {
                using WriterProcess writer = WriterProcess.Start(
                    ["write", _folder.Path, _key.UserId],
                    ["strace", "-f", "-qqq", "-o", "/dev/null", "-e", $"trace={step}", "-e", $"inject={step}:signal=SIGKILL:when={when}"]);
                await writer.EndAsync();
                left += LeftOver();
                await ExpectWholeRowAsync(writer.Reported);
            }
        }

        left.Should().BePositive("kills between the first byte and the rename leave a temporary file, or none of them came there");
    }

    [StraceFact]
    public async Task B14_a_save_is_flushed_before_the_rename_and_the_folder_after_it()
    {
        string trace = _folder.Beside("trace");
        using (WriterProcess writer = WriterProcess.Start(
            ["count", _folder.Path, _key.UserId, "1"], ["strace", "-f", "-qqq", "-y", "-o", trace, "-e", "trace=openat,open,pwrite64,fsync,rename,mkdir"]))
        {
            (await writer.EndAsync()).Should().Be(0);
        }

        string[] calls = [.. File.ReadLines(trace).Where(line => line.Contains(_folder.Path, StringComparison.Ordinal) && !line.Contains("/locks", StringComparison.Ordinal))];

        calls.Where(call => MadeFile().IsMatch(call)).Should().OnlyContain(call => call.Contains(", 0600)", StringComparison.Ordinal), "the mode is there from the first moment");
        calls.Where(call => call.Contains("mkdir(", StringComparison.Ordinal)).Should().OnlyContain(call => call.Contains(", 0700)", StringComparison.Ordinal));
        int made = Array.FindIndex(calls, call => call.Contains(".token.tmp", StringComparison.Ordinal) && MadeFile().IsMatch(call) && call.Contains("O_EXCL", StringComparison.Ordinal));
        int written = Array.FindLastIndex(calls, call => call.Contains("pwrite64(", StringComparison.Ordinal));
        int flushed = Array.FindIndex(calls, call => call.Contains("fsync(", StringComparison.Ordinal) && call.Contains(".token.tmp", StringComparison.Ordinal));
        int renamed = Array.FindIndex(calls, call => call.Contains("rename(", StringComparison.Ordinal) && call.Contains(".token.json", StringComparison.Ordinal));
        int folderFlushed = Array.FindLastIndex(calls, call => call.Contains("fsync(", StringComparison.Ordinal) && call.Contains($"<{_folder.Path}>", StringComparison.Ordinal));
        made.Should().BeGreaterThanOrEqualTo(0);
        new[] { made, written, flushed, renamed, folderFlushed }.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
    }

    /// <summary>How many temporary files the killed writer left; none of them may be anybody else's to read.</summary>
    private int LeftOver()
    {
        string[] files = _folder.TemporaryFiles();
        files.Where(static file => File.GetUnixFileMode(file) != (UnixFileMode.UserRead | UnixFileMode.UserWrite)).Should().BeEmpty();
        return files.Length;
    }

    private async Task ExpectWholeRowAsync(int reported)
    {
        FileTokenStore store = new(_folder.Path, new ContractClock());

        StoredToken? row = await store.FindAsync(_key, CancellationToken.None);

        row.Should().NotBeNull();
        int generation = int.Parse(row!.Tokens.AccountId!, CultureInfo.InvariantCulture);
        generation.Should().BeGreaterThanOrEqualTo(reported);
        row.Tokens.AccessToken.Should().Be(row.Tokens.AccountId!.PadLeft(9000, '0'));
        row.Tokens.RefreshToken.Should().Be(row.Tokens.AccessToken);
        _folder.RowFiles().Should().ContainSingle();
        _folder.TemporaryFiles().Should().BeEmpty("the next process sweeps them away");
        (await store.CheckAsync(CancellationToken.None)).Should().BeEmpty();
    }

    [GeneratedRegex("O_CREAT", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MadeFile();
}
