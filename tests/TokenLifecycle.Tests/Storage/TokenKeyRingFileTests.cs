using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Health;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Storage;

public sealed class TokenKeyRingFileTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly List<(TokenStoreProblem? Problem, string KeyId)> _reports = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    private string File => Path.Combine(_folder.FullName, "keys", "tokens.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_missing_file_is_made_once_and_only_its_owner_may_read_it()
    {
        TokenKeyRing made = Open(create: true).Read(wanted: null);

        TokenKeyRing again = Open(create: true).Read(wanted: null);
        again.CurrentKey.Should().Equal(made.CurrentKey);
        if (!OperatingSystem.IsWindows())
            System.IO.File.GetUnixFileMode(File).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.GetFiles(Path.GetDirectoryName(File)!).Should().ContainSingle("no temporary file is left");
    }

    [Fact]
    public async Task F44_of_many_that_start_at_once_on_no_file_all_have_the_same_key()
    {
        using var barrier = new Barrier(16);
        Task<TokenKeyRing>[] starts = [.. Enumerable.Range(0, 16).Select(_ => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                return Open(create: true).Read(wanted: null);
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];

        TokenKeyRing[] rings = await Task.WhenAll(starts);

        rings.Select(ring => Convert.ToHexString(ring.CurrentKey)).Distinct().Should().ContainSingle();
    }

    [Fact]
    public void ST_5_F43_a_missing_file_is_not_made_unasked_and_the_message_says_what_its_loss_means()
    {
        string message = Open().Invoking(file => file.Read(wanted: null)).Should().Throw<TokenStoreNotReadyException>().Which.Message;

        message.Should().Contain(File).And.Contain("does not exist").And.Contain("restore").And.Contain("from a backup").And.Contain("create it once");
        System.IO.File.Exists(File).Should().BeFalse();
    }

    [Fact]
    public void A_file_that_others_may_read_is_refused_with_the_command_that_mends_it()
    {
        if (OperatingSystem.IsWindows())
            return;
        Open(create: true).Read(wanted: null);
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.OtherRead);

        Open().Invoking(file => file.Read(wanted: null)).Should().Throw<TokenStoreNotReadyException>().Which.Problems.Should().ContainSingle().Which.Remedy.Should().Be($"chmod 600 {File}");
    }

    public static TheoryData<string, string> Mistakes => new()
    {
        { "", "It is not of the form" },
        { "[]", "It is not of the form" },
        { """{ "Keys": {} }""", "The key ring is empty" },
        { """{ "Keys": { "a": "c2hvcnQ=" } }""", "Key \"a\" is not 32 bytes" },
        { """{ "Keys": { "a": 7 } }""", "Key \"a\" is not 32 bytes" },
        { """{ "Keys": { "a.b": "c2hvcnQ=" } }""", "characters other than" },
        { """{ "Keys": { "a": "KEY", "b": "KEY" } }""", "CurrentKeyId does not say" },
        { """{ "CurrentKeyId": "c", "Keys": { "a": "KEY" } }""", "not among Keys" },
        { """{ "Keys": { "a": "KEY", "a": "KEY" } }""", "It is not of the form" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_in_the_file_is_named_without_a_key(string content, string remedy)
    {
        Write(content.Replace("KEY", Canary.NewKey(), StringComparison.Ordinal));

        Open().Invoking(file => file.Read(wanted: null)).Should().Throw<TokenStoreNotReadyException>().Which.Message.Should().Contain(File).And.Contain(remedy).And.NotContain(Canary.Mark);
    }

    [Fact]
    public void I2_a_changed_file_is_read_within_five_seconds_and_at_once_if_a_row_needs_its_new_key()
    {
        Write($$"""{ "Keys": { "one": "{{Canary.NewKey()}}" } }""");
        TokenKeyRingFile file = Open();
        file.Read(wanted: null);
        Write($$"""{ "CurrentKeyId": "two", "Keys": { "one": "{{Canary.NewKey()}}", "two": "{{Canary.NewKey()}}" } }""");

        file.Read(wanted: null).CurrentKeyId.Should().Be("one");
        file.Read(wanted: "two").CurrentKeyId.Should().Be("two");

        Write($$"""{ "CurrentKeyId": "three", "Keys": { "three": "{{Canary.NewKey()}}" } }""");
        _clock.Advance(TimeSpan.FromSeconds(5));
        file.Read(wanted: null).CurrentKeyId.Should().Be("three");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void F43_a_file_that_goes_or_breaks_while_the_app_runs_takes_no_key_away(bool breaks)
    {
        Write($$"""{ "Keys": { "one": "{{Canary.NewKey()}}" } }""");
        TokenKeyRingFile file = Open();
        file.Read(wanted: null);

        if (breaks)
            Write("{ half");
        else
            System.IO.File.Delete(File);
        _clock.Advance(TimeSpan.FromMinutes(1));

        file.Read(wanted: null).CurrentKeyId.Should().Be("one");
        file.Read(wanted: "two").CurrentKeyId.Should().Be("one");
    }

    public static TheoryData<string, string> Spoilers => new()
    {
        { "readable", "chmod 600" },
        { "broken", "Correct the file" },
        { "empty", "Correct the file" },
        { "deleted", "restore" },
        { "folder", "chown" },
    };

    [Theory]
    [MemberData(nameof(Spoilers))]
    [Trait("Rule", "FR-21")]
    public async Task A_change_that_cannot_be_used_is_an_error_once_and_degraded_until_it_is_fixed(string how, string remedy)
    {
        if (OperatingSystem.IsWindows())
            return;
        Write($$"""{ "Keys": { "one": "{{Canary.NewKey()}}" } }""");
        TokenKeyRingFile file = Open();
        KeyRingTokenProtector protector = new(file.Read, file.Check);
        string payload = protector.Protect(Key, "field", "text");

        Spoil(how);
        for (int look = 0; look < 3; look++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            protector.Unprotect(Key, "field", protector.Protect(Key, "field", "text")).Should().Be("text");
        }

        await file.Reported;
        (TokenStoreProblem? problem, string keyId) = _reports.Should().ContainSingle().Subject;
        problem!.Subject.Should().Contain(File);
        problem.Remedy.Should().Contain(remedy);
        keyId.Should().Be("one", "it goes on writing");
        HealthCheckResult degraded = await HealthAsync(protector);
        degraded.Status.Should().Be(HealthStatus.Degraded);
        degraded.Description.Should().Contain(remedy).And.Contain("leaked");

        if (Directory.Exists(File))
            Directory.Delete(File);
        Write($$"""{ "CurrentKeyId": "two", "Keys": { "two": "{{Canary.NewKey()}}" } }""");
        _clock.Advance(TimeSpan.FromMinutes(1));

        file.Read(wanted: null).CurrentKeyId.Should().Be("two");
        await file.Reported;
        _reports.Should().HaveCount(2).And.EndWith((null, "two"));
        (await HealthAsync(protector)).Status.Should().Be(HealthStatus.Healthy);
        protector.Invoking(p => p.Unprotect(Key, "field", payload)).Should().Throw<UnreadableTokenException>("that key was taken out, on purpose");
    }

    [Fact]
    [Trait("Rule", "FR-21")]
    public async Task The_check_sees_a_change_that_no_token_has_met_yet()
    {
        Write($$"""{ "Keys": { "one": "{{Canary.NewKey()}}" } }""");
        TokenKeyRingFile file = Open();
        file.Read(wanted: null);
        Write("{ half");

        (await HealthAsync(new KeyRingTokenProtector(file.Read, file.Check))).Status.Should().Be(HealthStatus.Degraded);
    }

    [Fact]
    [Trait("Rule", "FR-21")]
    public void A_file_of_the_same_time_and_another_key_is_taken()
    {
        Write($$"""{ "Keys": { "one": "{{Canary.NewKey()}}" } }""");
        TokenKeyRingFile file = Open();
        file.Read(wanted: null);
        _writes--; // As a restored copy, or one that was put there by a tool that keeps times.
        Write($$"""{ "Keys": { "two": "{{Canary.NewKey()}}" } }""");
        _clock.Advance(TimeSpan.FromMinutes(1));

        file.Read(wanted: null).CurrentKeyId.Should().Be("two");
    }

    private static TokenKey Key => new("strava", "ada");

    private static Task<HealthCheckResult> HealthAsync(ITokenProtector protector) => new TokenProtectionHealthCheck(protector).CheckHealthAsync(new HealthCheckContext());

    private void Spoil(string how)
    {
        if (OperatingSystem.IsWindows())
            return;
        if (how is "deleted" or "folder")
            System.IO.File.Delete(File);
        if (how is "folder")
            Directory.CreateDirectory(File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (how is "broken" or "empty")
            Write(how is "empty" ? "" : "{ half");
        if (how is "readable")
            System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    private TokenKeyRingFile Open(bool create = false) => new(File, create, _clock, (problem, keyId) => _reports.Add((problem, keyId)));

    private void Write(string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.WriteAllText(File, content);
        System.IO.File.SetLastWriteTimeUtc(File, DateTime.UnixEpoch.AddSeconds(_writes++)); // Files of one test differ in time, however fast it is.
        if (!OperatingSystem.IsWindows())
            System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private int _writes = 1;
}
