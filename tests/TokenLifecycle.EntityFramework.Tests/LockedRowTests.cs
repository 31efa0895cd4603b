using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>On engines without a word for "pass by what is locked", a row that a transaction of the app holds, and claims whose time is up.</summary>
public sealed class LockedRowTests : IAsyncLifetime
{
    private const string Locked = "locked";

    private readonly string _folder = Directory.CreateTempSubdirectory("tokenlifecycle-sqlite-").FullName;
    private readonly ManualTimeProvider _clock = new();
    private readonly RowLock _lock = new();
    private StoreProcess _process = null!;

    public async Task InitializeAsync()
    {
        string connection = $"Data Source={Path.Combine(_folder, "app.db")}";
        await using (AppDb context = new(new DbContextOptionsBuilder<AppDb>().UseSqlite(connection).Options))
            await context.Database.EnsureCreatedAsync();
        _process = new StoreProcess(options => options.UseSqlite(connection).AddInterceptors(_lock), _clock);
        foreach ((string user, int minute) in new[] { ("ada", 0), (Locked, 1), ("bob", 2) })
        {
            StoredToken row = Rows.New(new TokenKey("strava", user)) with { NextRefreshAt = _clock.GetUtcNow().AddHours(-1).AddMinutes(minute) };
            await _process.Store.SaveAsync(row, StoredToken.Unsaved, Rows.None);
        }
    }

    public async Task DisposeAsync()
    {
        await _process.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    [Trait("Rule", "FR-10")]
    public async Task A_claim_leaves_a_row_that_stays_locked_and_takes_the_others()
    {
        _lock.User = Locked;
        Task<IReadOnlyList<StoredToken>> claim = _process.Store.ClaimDueAsync("strava", "a", 10, Rows.Lease, Rows.None);
        await _lock.Waiting;

        _clock.Advance(TimeSpan.FromSeconds(1));

        (await claim).Select(static token => token.Key.UserId).Should().Equal("ada", "bob");
    }

    [Fact]
    [Trait("Rule", "FR-10")]
    public async Task A_claim_that_is_canceled_at_a_locked_row_returns_what_it_took()
    {
        _lock.User = Locked;
        using CancellationTokenSource deadline = new();
        Task<IReadOnlyList<StoredToken>> claim = _process.Store.ClaimDueAsync("strava", "a", 10, Rows.Lease, deadline.Token);
        await _lock.Waiting;

        await deadline.CancelAsync();

        (await claim).Select(static token => token.Key.UserId).Should().Equal("ada");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Rule", "FR-11")]
    public async Task A_row_that_was_written_before_its_response_was_lost_is_claimed(bool isTimeUp)
    {
        _lock.Lost = Locked;
        _lock.Losing = () =>
        {
            if (!isTimeUp)
                throw new IOException("The response was lost.");
            _clock.Advance(TimeSpan.FromSeconds(1));
        };

        IReadOnlyList<StoredToken> claimed = await _process.Store.ClaimDueAsync("strava", "a", 10, Rows.Lease, Rows.None);

        claimed.Select(static token => token.Key.UserId).Should().Equal("ada", Locked, "bob");
    }

    [Fact]
    [Trait("Rule", "FR-7")]
    public async Task Where_the_clock_does_not_help_a_version_cannot_be_foreseen()
    {
        const long farAhead = 1L << 61;
        TokenKey key = new("strava", "ada");
        await GoBackAsync(farAhead);

        StoredToken saved = (await _process.Store.SaveAsync(Rows.New(key), farAhead, Rows.None)).Token!;

        saved.Version.Should().BeGreaterThan(farAhead + 1, "a database that went back would give the next number to another row");
    }

    private async Task GoBackAsync(long version)
    {
        await using SqliteConnection connection = new($"Data Source={Path.Combine(_folder, "app.db")}");
        await connection.OpenAsync();
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"UPDATE oauth_connections SET version = {version}";
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A statement that changes this user's row waits until it is canceled.</summary>
    private sealed class RowLock : DbCommandInterceptor
    {
        private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string? User { get; set; }

        /// <summary>Whose row is changed without a response.</summary>
        public string? Lost { get; set; }

        public Action Losing { get; set; } = static () => { };

        public Task Waiting => _waiting.Task;

        public override ValueTask<int> NonQueryExecutedAsync(DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
        {
            if (Lost is not null && IsOf(command, Lost))
            {
                Losing();
                cancellationToken.ThrowIfCancellationRequested();
            }

            return ValueTask.FromResult(result);
        }

        public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            if (User is not null && IsOf(command, User))
            {
                _waiting.TrySetResult();
                TaskCompletionSource canceled = new(TaskCreationOptions.RunContinuationsAsynchronously);
                await using (cancellationToken.Register(() => canceled.TrySetResult()))
                    await canceled.Task;
                cancellationToken.ThrowIfCancellationRequested();
            }

            return result;
        }

        private static bool IsOf(DbCommand command, string user) => command.Parameters.Cast<DbParameter>().Any(parameter => Equals(parameter.Value, user));
    }
}
