using System.Data;
using System.Data.Common;
using TokenLifecycle.Importing;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Importing;

/// <summary>The tables of systems A, B and C (incidents), as they were.</summary>
public sealed class ImportTablesTests
{
    private static readonly ImportMapping SystemA = new()
    {
        Table = "user_settings",
        Provider = World.Provider,
        UserIdColumn = "id",
        AccessTokenColumn = "strava_access_token",
        RefreshTokenColumn = "strava_refresh_token",
        ExpiresAtColumn = "strava_token_expires_at",
        AccountIdColumn = "strava_athlete_id",
        IssuedAtColumn = "strava_token_created_at",
    };

    private static readonly ImportMapping SystemB = new()
    {
        Table = "user_oauth_tokens",
        LabelColumn = "id",
        Provider = World.Provider,
        ConnectionColumn = "service",
        ConnectionNames = new Dictionary<string, string> { ["GOOGLE_CALENDAR"] = "calendar", ["GOOGLE_DRIVE"] = "drive" },
        UserIdColumn = "user_id",
        AccessTokenColumn = "access_token",
        RefreshTokenColumn = "refresh_token",
        ExpiresAtColumn = "token_expiry",
        ScopeColumn = "scope",
        AccountIdColumn = "service_user_id",
        IssuedAtColumn = "updated_at",
    };

    private static readonly ImportMapping SystemC = new()
    {
        Table = "oauth_tokens",
        Provider = World.Provider,
        UserIdColumn = "athlete_id",
        AccessTokenColumn = "access_token",
        RefreshTokenColumn = "refresh_token",
        ExpiresAtColumn = "expires_at",
        ScopeColumn = "scope",
    };

    [Fact]
    public async Task Incident_A_A_wide_user_table_with_epoch_seconds_and_athlete_ids_moves_in()
    {
        await using World world = await World.StartAsync();
        TokenSet ada = world.Server.IssueTokens(world.User, "read");
        long soon = world.Clock.GetUtcNow().AddHours(1).ToUnixTimeSeconds();
        long longAgo = world.Clock.GetUtcNow().AddDays(-90).ToUnixTimeSeconds();
        using DataTable table = TableA();
        table.Rows.Add(1, "ada@example.com", ada.AccessToken, ada.RefreshToken, longAgo, 134815L, DateTime.UnixEpoch);
        table.Rows.Add(2, "bob@example.com", Canary.New("access"), Canary.New("refresh"), soon, 227615L, DateTime.UnixEpoch);
        table.Rows.Add(3, "eve@example.com", "9876543", Canary.New("refresh"), soon, 9876543L, DateTime.UnixEpoch);
        table.Rows.Add(4, "new@example.com", DBNull.Value, DBNull.Value, DBNull.Value, DBNull.Value, DBNull.Value);
        table.Rows.Add(5, "old@example.com", Canary.New("access"), DBNull.Value, soon, 1L, DateTime.UnixEpoch);

        ImportReport report = await ReadAsync(world, SystemA, table);

        report.Imported.Select(static row => row.Source).Should().Equal("user_settings id=1", "user_settings id=2");
        report.Refused.Select(static row => (row.Source, row.Reason)).Should().Equal(
            ("user_settings id=3", ImportRefusalReason.LooksLikeAccountId),
            ("user_settings id=4", ImportRefusalReason.NoTokens),
            ("user_settings id=5", ImportRefusalReason.MissingRefreshToken));
        report.Rows.Should().Be(5);
        report.ToString().Should().Contain("Imported: 2. Refused: 2. Without any tokens: 1. Rows: 5.").And.Contain("acme/1/default").And.NotContain("id=4");
        StoredToken stored = await world.StoredAsync(new TokenKey(World.Provider, "1"));
        stored.Tokens.AccountId.Should().Be("134815");
        stored.Tokens.ExpiresAt.Should().Be(DateTimeOffset.FromUnixTimeSeconds(longAgo));
        stored.Tokens.IssuedAt.Should().BeNull("the age of a row is not that of its token");

        // Expired long ago, and as good as new.
        AccessToken token = await world.GetAsync(new TokenKey(World.Provider, "1"));

        world.Server.IsLive(token.Value).Should().BeTrue();
        world.Refreshes.Should().Be(1);
    }

    [Fact]
    public async Task Incident_B_A_token_table_with_timestamps_and_a_service_enum_moves_in()
    {
        await using World world = await World.StartAsync();
        var soon = new DateTimeOffset(world.Clock.GetUtcNow().AddHours(1).DateTime, TimeSpan.Zero);
        using DataTable table = TableB();
        table.Rows.Add(10, 7, "GOOGLE_CALENDAR", Canary.New("access"), Canary.New("refresh"), soon, "openid calendar.readonly", "sub-7", "a@example.com", soon, soon);
        table.Rows.Add(11, 7, "GOOGLE_DRIVE", Canary.New("access"), Canary.New("refresh"), soon.ToOffset(TimeSpan.FromHours(5)), DBNull.Value, "sub-7", "a@example.com", soon, soon);
        table.Rows.Add(12, 7, "GOOGLE_DRIVE", Canary.New("access"), Canary.New("refresh"), soon.AddHours(-2), DBNull.Value, "sub-7", "a@example.com", soon, soon);
        table.Rows.Add(13, 8, "GOOGLE_DRIVE", Canary.New("access"), DBNull.Value, soon, DBNull.Value, "sub-8", "b@example.com", soon, soon);

        ImportReport report = await ReadAsync(world, SystemB, table);

        report.Imported.Select(static row => row.Key).Should().Equal(new TokenKey(World.Provider, "7", "calendar"), new TokenKey(World.Provider, "7", "drive"));
        report.Refused.Select(static row => (row.Source, row.Reason)).Should().Equal(
            ("user_oauth_tokens id=12", ImportRefusalReason.Superseded), ("user_oauth_tokens id=13", ImportRefusalReason.MissingRefreshToken));
        StoredToken drive = await world.StoredAsync(new TokenKey(World.Provider, "7", "drive"));
        drive.Tokens.ExpiresAt.Should().Be(soon);
        drive.Tokens.Scopes.Should().BeNull("what was granted is not known");
        (await world.StoredAsync(new TokenKey(World.Provider, "7", "calendar"))).Tokens.Scopes.Should().Equal("openid", "calendar.readonly");
    }

    [Fact]
    public async Task Incident_B_A_missing_column_fails_at_once_and_the_message_names_it_and_those_that_are_there()
    {
        await using World world = await World.StartAsync();
        using DataTable table = TableB();
        table.Columns.Remove("scope");
        using DbDataReader reader = table.CreateDataReader();

        string message = FluentActions.Invoking(() => SystemB.ReadAsync(reader)).Should().Throw<InvalidOperationException>().Which.Message;

        message.Should().Contain("ScopeColumn names the column \"scope\", which is not there").And.Contain("user_oauth_tokens").And.Contain("id, user_id, service, access_token").And.Contain("Nothing was read");
    }

    [Theory]
    [InlineData("athlete:profile metrics:read workouts:read workouts:details")]
    [InlineData("athlete:profile,metrics:read,workouts:read,workouts:details")]
    [InlineData(" athlete:profile, metrics:read  workouts:read,workouts:details ")]
    public async Task Incident_C_A_row_per_athlete_moves_in_whatever_parts_its_scopes_and_however_its_time_is_written(string scope)
    {
        await using World world = await World.StartAsync();
        DateTimeOffset soon = DateTimeOffset.FromUnixTimeSeconds(world.Clock.GetUtcNow().AddHours(1).ToUnixTimeSeconds());
        using var table = new DataTable();
        table.Columns.AddRange([new("athlete_id", typeof(Guid)), new("access_token"), new("refresh_token"), new("expires_at", typeof(double)), new("scope")]);
        var athlete = Guid.NewGuid();
        table.Rows.Add(athlete, Canary.New("access"), Canary.New("refresh"), (double)soon.ToUnixTimeSeconds(), scope);

        ImportReport report = await ReadAsync(world, SystemC, table);

        report.Refused.Should().BeEmpty();
        StoredToken stored = await world.StoredAsync(new TokenKey(World.Provider, athlete.ToString()));
        stored.Tokens.Scopes.Should().Equal("athlete:profile", "metrics:read", "workouts:read", "workouts:details");
        stored.Tokens.ExpiresAt.Should().Be(soon);
        (await world.GetAsync(stored.Key)).Value.Should().Be(stored.Tokens.AccessToken);
    }

    private static async Task<ImportReport> ReadAsync(World world, ImportMapping mapping, DataTable table)
    {
        using DbDataReader reader = table.CreateDataReader();
        return await world.ImportAsync(mapping.ReadAsync(reader));
    }

    private static DataTable TableA()
    {
        var table = new DataTable();
        table.Columns.AddRange(
        [
            new("id", typeof(int)), new("email"), new("strava_access_token"), new("strava_refresh_token"), new("strava_token_expires_at", typeof(long)),
            new("strava_athlete_id", typeof(long)), new("strava_token_created_at", typeof(DateTime)),
        ]);
        return table;
    }

    private static DataTable TableB()
    {
        var table = new DataTable();
        table.Columns.AddRange(
        [
            new("id", typeof(int)), new("user_id", typeof(int)), new("service"), new("access_token"), new("refresh_token"), new("token_expiry", typeof(DateTimeOffset)), new("scope"),
            new("service_user_id"), new("service_email"), new("created_at", typeof(DateTimeOffset)), new("updated_at", typeof(DateTimeOffset)),
        ]);
        return table;
    }
}
