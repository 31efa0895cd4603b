using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Storage;

/// <summary>Processes that share a folder are kept apart as threads are.</summary>
public sealed class FileStoreProcessTests : IDisposable
{
    private const int Rounds = 60;
    private const int Saves = 60;

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A2_of_two_processes_that_begin_at_once_exactly_one_holds_the_lease()
    {
        FileTokenStore store = new(_folder.Path, new ContractClock());
        for (int round = 0; round < Rounds; round++)
            await store.SaveAsync(Row($"user-{round}"), StoredToken.Unsaved, CancellationToken.None);
        using WriterProcess one = WriterProcess.Start(["begin", _folder.Path]);
        using WriterProcess two = WriterProcess.Start(["begin", _folder.Path]);
        await one.HearAsync();
        await two.HearAsync();

        for (int round = 0; round < Rounds; round++)
        {
            one.Tell($"user-{round}");
            two.Tell($"user-{round}");
            string?[] answers = [await one.HearAsync(), await two.HearAsync()];

            answers.Should().BeEquivalentTo(["Acquired", "Held"], $"round {round}");
            (await store.FindAsync(new TokenKey("strava", $"user-{round}"), CancellationToken.None))!.Intent!.AttemptCount.Should().Be(1);
        }
    }

    [Fact]
    public async Task A12_two_processes_that_save_one_row_never_overwrite_each_other()
    {
        using WriterProcess one = WriterProcess.Start(["count", _folder.Path, "anna", $"{Saves}"]);
        using WriterProcess two = WriterProcess.Start(["count", _folder.Path, "anna", $"{Saves}"]);
        int[] ended = await Task.WhenAll(one.EndAsync(), two.EndAsync());

        ended.Should().Equal(0, 0);
        StoredToken row = (await new FileTokenStore(_folder.Path, new ContractClock()).FindAsync(new TokenKey("strava", "anna"), CancellationToken.None))!;
        row.Tokens.AccountId.Should().Be($"{2 * Saves}");
    }

    [Fact]
    public async Task B4_a_lease_outlives_its_process_and_a_lock_does_not()
    {
        FileTokenStore store = new(_folder.Path, TimeProvider.System);
        StoredToken row = (await store.SaveAsync(Row("anna"), StoredToken.Unsaved, CancellationToken.None)).Token!;
        using WriterProcess process = WriterProcess.Start(["begin", _folder.Path]);
        await process.HearAsync();
        process.Tell("anna");
        await process.HearAsync();
        await process.KillAsync();

        RefreshClaim claim = await store.BeginRefreshAsync(row.Key, "b", TimeSpan.FromSeconds(60), CancellationToken.None);
        SaveResult saved = await store.SaveAsync(Row("anna"), row.Version, CancellationToken.None);

        claim.Kind.Should().Be(RefreshClaimKind.Held);
        saved.IsSaved.Should().BeTrue();
    }

    [Fact]
    public async Task A2_a_folder_in_which_locks_do_not_hold_is_refused()
    {
        using WriterProcess process = WriterProcess.Start(["count", _folder.Path, "anna", "1"], ["env", "DOTNET_SYSTEM_IO_DISABLEFILELOCKING=1"]);

        (await process.HearAsync()).Should().Contain(_folder.Path).And.Contain("cannot keep two writers apart");
        (await process.EndAsync()).Should().Be(2);
        _folder.RowFiles().Should().BeEmpty();
    }

    [Fact]
    public async Task B11_a_version_is_not_used_again_after_a_delete_even_if_the_clock_was_set_back()
    {
        ContractClock clock = new();
        FileTokenStore before = new(_folder.Path, clock);
        StoredToken old = (await before.SaveAsync(Row("anna"), StoredToken.Unsaved, CancellationToken.None)).Token!;
        await before.DeleteAsync(old.Key, CancellationToken.None);

        FileTokenStore after = new(_folder.Path, new ContractClock(clock.GetUtcNow().AddYears(-1)));
        StoredToken anew = (await after.SaveAsync(Row("anna"), StoredToken.Unsaved, CancellationToken.None)).Token!;

        anew.Version.Should().BeGreaterThan(old.Version);
    }

    [Fact]
    public async Task D7_a_lease_from_a_clock_that_was_far_ahead_does_not_last_until_then()
    {
        ContractClock clock = new();
        FileTokenStore ahead = new(_folder.Path, new ContractClock(clock.GetUtcNow().AddHours(1)));
        StoredToken row = (await ahead.SaveAsync(Row("anna"), StoredToken.Unsaved, CancellationToken.None)).Token!;
        await ahead.BeginRefreshAsync(row.Key, "ahead", TimeSpan.FromSeconds(60), CancellationToken.None);

        FileTokenStore store = new(_folder.Path, clock);

        (await store.BeginRefreshAsync(row.Key, "a", TimeSpan.FromSeconds(60), CancellationToken.None)).Kind.Should().Be(RefreshClaimKind.Acquired);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Rule", "FR-7")]
    public async Task A_file_that_is_restored_under_a_running_process_is_read_and_its_versions_are_not_used_again(bool byAnotherProcess)
    {
        ContractClock clock = new();
        FileTokenStore store = new(_folder.Path, clock);
        StoredToken old = (await store.SaveAsync(Row("anna"), StoredToken.Unsaved, CancellationToken.None)).Token!;
        byte[] backup = await File.ReadAllBytesAsync(_folder.FileOf(old.Key));
        StoredToken lost = (await store.SaveAsync(Row("anna"), old.Version, CancellationToken.None)).Token!;
        await File.WriteAllBytesAsync(_folder.FileOf(old.Key), backup);

        StoredToken found = (await store.FindAsync(old.Key, CancellationToken.None))!;
        SaveResult late = await store.SaveAsync(Row("anna"), lost.Version, CancellationToken.None);
        FileTokenStore writer = byAnotherProcess ? new(_folder.Path, clock) : store;
        StoredToken instead = (await writer.SaveAsync(Row("anna"), old.Version, CancellationToken.None)).Token!;

        found.Should().BeEquivalentTo(old, "nothing of a file is remembered");
        late.IsSaved.Should().BeFalse();
        instead.Version.Should().NotBe(lost.Version).And.BeGreaterThan(old.Version);
    }

    private static StoredToken Row(string user) =>
        new() { Key = new TokenKey("strava", user), Tokens = new TokenSet { AccessToken = Canary.New("at"), RefreshToken = Canary.New("rt") } };
}
