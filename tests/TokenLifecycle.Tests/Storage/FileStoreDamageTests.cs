using System.Text;
using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Storage;

/// <summary>What cannot be read is named and left as it is.</summary>
public sealed class FileStoreDamageTests : IDisposable
{
    private const string Provider = "strava";

    private static readonly TokenKey _key = new(Provider, "anna");
    private readonly StoreFolder _folder = new();
    private readonly FileTokenStore _store;

    public FileStoreDamageTests() => _store = new FileTokenStore(_folder.Path, new ContractClock());

    public static TheoryData<string> ForeignRows => new()
    {
        "", "null", "{}", "[]", "not json", "{\"format\":2}", "\u0000\u0001", "{\"format\":1,\"provider\":\"strava\"}", "{\"provider\":1,\"userId\":2,\"connection\":3}",
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(ForeignRows))]
    public async Task ST_6_a_foreign_or_emptied_file_is_reported_by_its_name_and_never_overwritten(string content)
    {
        StoredToken row = await SaveAsync(_key);
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        await File.WriteAllBytesAsync(_folder.FileOf(_key), bytes);

        Func<Task>[] calls =
        [
            () => _store.FindAsync(_key, CancellationToken.None),
            () => _store.SaveAsync(row, StoredToken.Unsaved, CancellationToken.None),
            () => _store.SaveAsync(row, row.Version, CancellationToken.None),
            () => _store.BeginRefreshAsync(_key, "a", TimeSpan.FromSeconds(60), CancellationToken.None),
            () => _store.CompleteRefreshAsync(_key, "a", row.Version, new RefreshCompletion { RefreshTokenNotUsed = true }, CancellationToken.None),
        ];
        foreach (Func<Task> call in calls)
            (await call.Should().ThrowAsync<UnreadableTokenException>()).Which.Message.Should().Contain(_folder.FileOf(_key)).And.Contain("left unchanged");

        (await _store.ClaimDueAsync(Provider, "a", 10, TimeSpan.FromSeconds(60), CancellationToken.None)).Should().BeEmpty();
        (await _store.ListAsync(Provider, after: null, 10, CancellationToken.None)).Should().BeEmpty("whose it is cannot be known");
        (await _store.CheckAsync(CancellationToken.None)).Should().ContainSingle().Which.Subject.Should().Be($"file {_folder.FileOf(_key)}");
        (await File.ReadAllBytesAsync(_folder.FileOf(_key))).Should().Equal(bytes);
        (await _store.DeleteAsync(_key, CancellationToken.None)).Should().Be(new DeleteResult(Existed: true, Deleted: null));
        _folder.RowFiles().Should().BeEmpty();
    }

    [Fact]
    public async Task I3_every_truncation_of_a_row_is_unreadable_and_listed_as_such_while_its_beginning_says_whose_it_is()
    {
        await SaveAsync(_key);
        byte[] whole = await File.ReadAllBytesAsync(_folder.FileOf(_key));
        int known = 0;
        for (int length = 0; length < whole.Length; length += 7)
        {
            await File.WriteAllBytesAsync(_folder.FileOf(_key), whole[..length]);

            await _store.Invoking(s => s.FindAsync(_key, CancellationToken.None)).Should().ThrowAsync<UnreadableTokenException>();
            IReadOnlyList<StoredConnection> list = await _store.ListAsync(Provider, after: null, 10, CancellationToken.None);
            list.Where(connection => !connection.IsUnreadable || connection.Key != _key).Should().BeEmpty();
            known += list.Count;
        }

        known.Should().BePositive();
    }

    [Fact]
    public async Task ST_3_a_row_copied_to_another_connection_is_not_read_nor_found_nor_listed()
    {
        TokenKey theirs = new(Provider, "berta");
        await SaveAsync(_key);
        File.Copy(_folder.FileOf(_key), _folder.FileOf(theirs));

        await _store.Invoking(s => s.FindAsync(theirs, CancellationToken.None)).Should().ThrowAsync<UnreadableTokenException>().WithMessage("*another connection*");
        (await _store.ListAsync(Provider, after: null, 10, CancellationToken.None)).Should().ContainSingle().Which.Key.Should().Be(_key);
        (await _store.FindByAccountAsync(Provider, "42", tenant: null, CancellationToken.None)).Should().Equal(_key);
        (await _store.CheckAsync(CancellationToken.None)).Should().ContainSingle().Which.ToString().Should().Contain(_folder.FileOf(theirs)).And.Contain(_key.ToRedactedString());
    }

    [Fact]
    public async Task LG_1_no_report_of_a_damaged_file_holds_anything_of_it()
    {
        await SaveAsync(_key);
        _folder.Cut(_key, 40);

        UnreadableTokenException report = (await _store.Invoking(s => s.FindAsync(_key, CancellationToken.None)).Should().ThrowAsync<UnreadableTokenException>()).Which;
        IReadOnlyList<TokenStoreProblem> problems = await _store.CheckAsync(CancellationToken.None);

        report.ToString().Should().NotContain(Canary.Mark);
        problems.Should().ContainSingle().Which.ToString().Should().NotContain(Canary.Mark);
    }

    [Fact]
    public async Task Left_over_temporary_files_are_swept_by_the_next_process_and_nothing_else_is()
    {
        await SaveAsync(_key);
        string ours = System.IO.Path.ChangeExtension(_folder.FileOf(_key), null).Replace(".token", $".{Guid.NewGuid():N}.token.tmp", StringComparison.Ordinal);
        string[] foreign = [_folder.In("notes.token.tmp"), _folder.In("upper.TOKEN.TMP"), _folder.In($"{Guid.NewGuid():N}.token.tmp"), _folder.In("backup.token.json")];
        foreach (string file in foreign.Append(ours))
            await File.WriteAllTextAsync(file, "half");

        FileTokenStore next = new(_folder.Path, new ContractClock());
        await next.FindAsync(_key, CancellationToken.None);

        File.Exists(ours).Should().BeFalse();
        foreign.Should().OnlyContain(file => File.Exists(file));
        (await next.CheckAsync(CancellationToken.None)).Select(problem => problem.Subject).Should().BeEquivalentTo(foreign.Select(file => $"file {file}"));
    }

    [Fact]
    public async Task A_folder_that_vanished_is_a_fault_and_not_an_absence_of_connections()
    {
        await SaveAsync(_key);
        Directory.Move(_folder.Path, _folder.Beside("moved"));

        await _store.Invoking(s => s.FindAsync(_key, CancellationToken.None)).Should().ThrowAsync<IOException>().WithMessage($"*{_folder.Path}*not there any more*");
        Directory.CreateDirectory(_folder.Path);
        await _store.Invoking(s => s.FindAsync(_key, CancellationToken.None)).Should().ThrowAsync<IOException>("an empty mount point is not the volume");
        await _store.Invoking(s => SaveAsync(_key)).Should().ThrowAsync<IOException>();
        Directory.EnumerateFileSystemEntries(_folder.Path).Should().BeEmpty();

        Directory.Delete(_folder.Path);
        Directory.Move(_folder.Beside("moved"), _folder.Path);
        (await _store.FindAsync(_key, CancellationToken.None)).Should().NotBeNull();
    }

    [Fact]
    public async Task A_file_in_the_place_of_the_folder_is_named_as_that()
    {
        await SaveAsync(_key);
        Directory.Move(_folder.Path, _folder.Beside("moved"));
        await File.WriteAllTextAsync(_folder.Path, "not a folder");

        await _store.Invoking(s => s.FindAsync(_key, CancellationToken.None)).Should().ThrowAsync<IOException>().WithMessage($"*{_folder.Path} is a file now*bring the folder back*");
        await _store.Invoking(s => SaveAsync(_key)).Should().ThrowAsync<IOException>().WithMessage("*is a file now*");
        (await _store.CheckAsync(CancellationToken.None)).Should().ContainSingle().Which.Remedy.Should().Contain("bring the folder back");

        File.Delete(_folder.Path);
        Directory.Move(_folder.Beside("moved"), _folder.Path);
        (await _store.FindAsync(_key, CancellationToken.None)).Should().NotBeNull();
    }

    private async Task<StoredToken> SaveAsync(TokenKey key)
    {
        TokenSet tokens = new() { AccessToken = Canary.New("at"), RefreshToken = Canary.New("rt"), AccountId = "42" };
        return (await _store.SaveAsync(new StoredToken { Key = key, Tokens = tokens, NextRefreshAt = DateTimeOffset.UnixEpoch }, StoredToken.Unsaved, CancellationToken.None)).Token!;
    }
}
