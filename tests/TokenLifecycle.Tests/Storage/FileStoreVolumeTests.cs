using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Storage;

/// <summary>A disk that takes nothing more loses nothing, and the message says which and what to do.</summary>
public sealed class FileStoreVolumeTests
{
    private const int Kilobytes = 1024;

    private static readonly TokenKey _key = new("strava", "anna");

    [VolumeFact]
    public async Task F15_a_full_disk_is_said_and_leaves_the_stored_row_as_it_is()
    {
        using Volume volume = new(Kilobytes);
        FileTokenStore store = new(volume.Folder, new ContractClock());
        StoredToken row = await SaveAsync(store);
        volume.Fill();

        await Refused(() => store.SaveAsync(Row(), row.Version, CancellationToken.None), volume, "*full*df*");
        await Refused(() => store.BeginRefreshAsync(_key, "a", TimeSpan.FromSeconds(60), CancellationToken.None), volume, "*full*df*");

        (await store.FindAsync(_key, CancellationToken.None)).Should().BeEquivalentTo(row);
        (await store.CheckAsync(CancellationToken.None)).Should().ContainSingle().Which.Message.Should().Contain("full");
        Directory.GetFiles(volume.Folder, "*.tmp").Should().BeEmpty("what could not be finished is taken away");
        (await store.DeleteAsync(_key, CancellationToken.None)).Deleted.Should().BeEquivalentTo(row, "a disconnect needs no space");

        volume.Free();
        (await SaveAsync(store)).Version.Should().BeGreaterThan(row.Version, "it heals without a restart");
        (await store.CheckAsync(CancellationToken.None)).Should().BeEmpty();
    }

    [VolumeFact]
    public async Task F15_a_full_disk_under_a_claim_of_due_rows_loses_none()
    {
        using Volume volume = new(Kilobytes);
        FileTokenStore store = new(volume.Folder, new ContractClock());
        StoredToken row = await SaveAsync(store);
        volume.Fill();

        await Refused(() => store.ClaimDueAsync(_key.Provider, "a", 10, TimeSpan.FromSeconds(60), CancellationToken.None), volume, "*full*");

        volume.Free();
        (await store.ClaimDueAsync(_key.Provider, "a", 10, TimeSpan.FromSeconds(60), CancellationToken.None)).Should().ContainSingle().Which.Version.Should().Be(row.Version);
    }

    [VolumeFact]
    public async Task F15_a_read_only_disk_is_said_and_what_is_stored_stays_readable_to_the_process()
    {
        using Volume volume = new(Kilobytes);
        FileTokenStore store = new(volume.Folder, new ContractClock());
        StoredToken row = await SaveAsync(store);
        volume.SetReadOnly(true);

        await Refused(() => store.SaveAsync(Row(), row.Version, CancellationToken.None), volume, "*read-only*");
        await Refused(() => store.DeleteAsync(_key, CancellationToken.None), volume, "*read-only*");
        (await store.CheckAsync(CancellationToken.None)).Should().ContainSingle().Which.ToString().Should().Contain("read-only").And.Contain(volume.Folder);
        (await store.FindAsync(_key, CancellationToken.None)).Should().BeEquivalentTo(row);

        volume.SetReadOnly(false);
        (await store.SaveAsync(Row(), row.Version, CancellationToken.None)).IsSaved.Should().BeTrue();
        (await store.CheckAsync(CancellationToken.None)).Should().BeEmpty();
    }

    [VolumeFact]
    public async Task F15_a_folder_that_cannot_be_made_is_said_by_the_check()
    {
        using Volume volume = new(Kilobytes);
        volume.SetReadOnly(true);
        FileTokenStore store = new(volume.Folder, new ContractClock());

        TokenStoreProblem problem = (await store.CheckAsync(CancellationToken.None)).Should().ContainSingle().Subject;

        problem.Subject.Should().Contain(volume.Folder);
        problem.Message.Should().Contain("read-only");
        problem.Remedy.Should().Contain("UseFileStore");
    }

    private static async Task Refused(Func<Task> call, Volume volume, string message) =>
        (await call.Should().ThrowAsync<IOException>().WithMessage(message)).Which.Message.Should().Contain(volume.Folder);

    private static StoredToken Row() => new()
    {
        Key = _key,
        Tokens = new TokenSet { AccessToken = Canary.New("at"), RefreshToken = Canary.New("rt") },
        NextRefreshAt = DateTimeOffset.UnixEpoch,
    };

    private static async Task<StoredToken> SaveAsync(FileTokenStore store) => (await store.SaveAsync(Row(), StoredToken.Unsaved, CancellationToken.None)).Token!;
}
