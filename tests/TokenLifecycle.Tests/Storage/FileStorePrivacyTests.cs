using System.Runtime.Versioning;
using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Storage;

/// <summary>Nobody else looks in, and no id leads out.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class FileStorePrivacyTests : IDisposable
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    private static readonly TokenKey _key = new("strava", "anna");
    private readonly StoreFolder _folder = new();

    private FileTokenStore Store => new(_folder.Path, new ContractClock());

    public static TheoryData<UnixFileMode> SharedModes => new()
    {
        OwnerFolder | UnixFileMode.GroupRead, OwnerFolder | UnixFileMode.GroupWrite, OwnerFolder | UnixFileMode.OtherRead, OwnerFolder | UnixFileMode.OtherWrite,
        OwnerFolder | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute,
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ST_1_folder_and_files_are_for_their_owner_only_whatever_the_umask_is()
    {
        using (WriterProcess writer = WriterProcess.Start(["count", _folder.Path, _key.UserId, "3"]))
            (await writer.EndAsync()).Should().Be(0);

        string[] files = Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories);
        string[] folders = [_folder.Path, .. Directory.GetDirectories(_folder.Path, "*", SearchOption.AllDirectories)];
        files.Should().Contain(_folder.FileOf(_key)).And.OnlyContain(file => File.GetUnixFileMode(file) == OwnerFile);
        folders.Should().OnlyContain(folder => File.GetUnixFileMode(folder) == OwnerFolder);
    }

    [Theory]
    [MemberData(nameof(SharedModes))]
    public async Task ST_1_a_folder_that_others_may_use_is_refused_with_the_command_that_closes_it(UnixFileMode mode)
    {
        Directory.CreateDirectory(_folder.Path);
        File.SetUnixFileMode(_folder.Path, mode);
        FileTokenStore store = Store;

        string remedy = $"chmod 700 '{_folder.Path}'";
        (await store.Invoking(s => s.SaveAsync(Row(_key), StoredToken.Unsaved, CancellationToken.None)).Should().ThrowAsync<IOException>()).Which.Message.Should().Contain(remedy);
        (await store.CheckAsync(CancellationToken.None)).Should().ContainSingle().Which.Remedy.Should().Contain(remedy);
        Directory.EnumerateFileSystemEntries(_folder.Path).Should().BeEmpty("nothing is put where others look");

        File.SetUnixFileMode(_folder.Path, OwnerFolder);
        (await store.SaveAsync(Row(_key), StoredToken.Unsaved, CancellationToken.None)).IsSaved.Should().BeTrue("it heals without a restart");
        (await store.CheckAsync(CancellationToken.None)).Should().BeEmpty();
    }

    [Fact]
    public async Task ST_1_a_folder_that_was_opened_to_others_later_is_found_by_the_check()
    {
        FileTokenStore store = Store;
        await store.SaveAsync(Row(_key), StoredToken.Unsaved, CancellationToken.None);
        File.SetUnixFileMode(_folder.Path, OwnerFolder | UnixFileMode.OtherRead);

        (await store.CheckAsync(CancellationToken.None)).Should().ContainSingle().Which.Remedy.Should().Contain("chmod 700");
    }

    [Fact]
    public async Task MT_2_no_id_leads_out_of_the_folder_or_into_the_file_of_another()
    {
        string longest = new('x', TokenKey.MaxPartLength);
        string[] ids =
        [
            "../../etc/passwd", "..", ".", "/etc/passwd", @"..\..\windows", "C:\\tokens", "~/tokens", "a/b", "locks", "00.lock", "CON", "nul.txt", "anna", "Anna", "ANNA", "anna.", "anna ",
            "änna", "a\u0308nna", "\u202Eanna", "🏃‍♀️", longest, longest[1..], string.Concat(Enumerable.Repeat("🏃", TokenKey.MaxPartLength / 2)), "%2e%2e%2f", "$(id)", "*", "-rf", "a\u00A0b",
        ];
        TokenKey[] keys = [.. ids.SelectMany(id => new[] { new TokenKey("strava", id), new TokenKey(id, "u"), new TokenKey("strava", "u", id) })];
        FileTokenStore store = Store;

        foreach (TokenKey key in keys)
            (await store.SaveAsync(Row(key), StoredToken.Unsaved, CancellationToken.None)).IsSaved.Should().BeTrue($"{key} is new");

        foreach (TokenKey key in keys)
            (await store.FindAsync(key, CancellationToken.None))!.Key.Should().Be(key);
        _folder.RowFiles().Should().BeEquivalentTo(keys.Select(_folder.FileOf)).And.OnlyContain(file => System.IO.Path.GetFileName(file).Length == 75);
        _folder.RowFiles().Select(file => file.ToUpperInvariant()).Should().OnlyHaveUniqueItems("a file system may not tell cases apart");
        Directory.GetFileSystemEntries(System.IO.Path.GetDirectoryName(_folder.Path)!).Should().Equal(_folder.Path);
        (await store.CheckAsync(CancellationToken.None)).Should().BeEmpty();
    }

    [Fact]
    public async Task The_name_of_a_file_is_the_same_in_every_version()
    {
        await Store.SaveAsync(Row(new TokenKey("strava", "user 1/ä")), StoredToken.Unsaved, CancellationToken.None);

        // printf 'strava/user%%201%%2F%%C3%%A4/default' | sha256sum
        _folder.RowFiles().Should().Equal(_folder.In("8322f418dfe6b6d7bd97c9ececf53c5dffad599ef5d0e9228904f2cd72acdbfb.token.json"));
    }

    private static StoredToken Row(TokenKey key) => new() { Key = key, Tokens = new TokenSet { AccessToken = Canary.New("at"), RefreshToken = Canary.New("rt") } };
}
