using System.Data.Common;
using TokenLifecycle.Importing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Importing;

/// <summary>Foreign columns, and the ways in which a mapping can be wrong.</summary>
public sealed class ImportMappingTests
{
    private static readonly Dictionary<string, object?> Row = new()
    {
        ["User"] = 7L,
        ["access"] = Canary.New("access"),
        ["refresh"] = Canary.New("refresh"),
        ["service"] = "GOOGLE",
        ["blob"] = new byte[] { 1, 2 },
        ["scopes"] = new[] { "a", "b" },
    };

    public static TheoryData<string, ImportMapping> Wrong => new()
    {
        { "UserIdColumn names the column \"id\", which is not there.", new() { Provider = "p", UserIdColumn = "id", AccessTokenColumn = "access" } },
        { "AccessTokenColumn names the column \"access_token\"", new() { Provider = "p", UserIdColumn = "user", AccessTokenColumn = "access_token" } },
        { "Set either Provider or ProviderColumn.", new() { UserIdColumn = "user", AccessTokenColumn = "access" } },
        { "Set either Provider or ProviderColumn.", new() { Provider = "p", ProviderColumn = "service", UserIdColumn = "user", AccessTokenColumn = "access" } },
        { "Set Connection or ConnectionColumn", new() { Provider = "p", Connection = "c", ConnectionColumn = "service", UserIdColumn = "user", AccessTokenColumn = "access" } },
        { "UserIdColumn and AccessTokenColumn name the same column", new() { Provider = "p", UserIdColumn = "ACCESS", AccessTokenColumn = "access" } },
        { "AccessTokenColumn and RefreshTokenColumn name the same column", new() { Provider = "p", UserIdColumn = "user", AccessTokenColumn = "access", RefreshTokenColumn = "access" } },
        { "RefreshTokenColumn and LabelColumn name the same column", new() { Provider = "p", LabelColumn = "refresh", UserIdColumn = "user", AccessTokenColumn = "access", RefreshTokenColumn = "refresh" } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_mapping_that_does_not_fit_fails_before_anything_is_read(string message, ImportMapping mapping) =>
        mapping.Invoking(m => m.Read(Row)).Should().Throw<InvalidOperationException>().WithMessage($"*{message}*The columns are: User, access, refresh, service, blob, scopes.*");

    [Fact]
    public void A_column_is_found_in_any_case_and_names_and_lists_are_translated()
    {
        var mapping = new ImportMapping
        {
            ProviderColumn = "SERVICE",
            ProviderNames = new Dictionary<string, string> { ["GOOGLE"] = "google" },
            Connection = "mail",
            UserIdColumn = "user",
            AccessTokenColumn = "access",
            RefreshTokenColumn = "refresh",
            ScopeColumn = "scopes",
        };

        ImportRow row = mapping.Read(Row);

        row.Should().BeEquivalentTo(new { Provider = "google", UserId = "7", Connection = "mail", Scope = "a b", Source = "table user=7" });
        row.RefreshToken.Should().Be((string)Row["refresh"]!);
        row.ToString().Should().NotContain(Canary.Mark);
    }

    [Fact]
    public void A_column_that_a_join_brings_twice_is_not_guessed()
    {
        using DbDataReader reader = new TwoIds();
        var mapping = new ImportMapping { Provider = "p", UserIdColumn = "id", AccessTokenColumn = "token" };

        mapping.Invoking(m => m.ReadAsync(reader)).Should().Throw<InvalidOperationException>().WithMessage("*\"id\", which is there more than once*");
    }

    [Fact]
    public async Task A_column_that_is_no_text_refuses_the_row_and_no_other()
    {
        await using World world = await World.StartAsync();
        var blob = new ImportMapping { Provider = World.Provider, UserIdColumn = "user", AccessTokenColumn = "blob", RefreshTokenColumn = "refresh" };
        var text = new ImportMapping { Provider = World.Provider, UserIdColumn = "user", AccessTokenColumn = "access", RefreshTokenColumn = "refresh" };

        ImportReport report = await world.ImportAsync(blob.Read(Row), text.Read(Row));

        report.Imported.Should().ContainSingle();
        report.Refused.Should().ContainSingle(refusal => refusal.Reason == ImportRefusalReason.UnreadableValue).Which.Message.Should().Contain("\"blob\"").And.Contain("Byte[]");
    }

    [Fact]
    public async Task A_value_that_the_driver_cannot_read_refuses_the_row_without_quoting_it()
    {
        await using World world = await World.StartAsync();
        using var reader = new TwoIds();
        var mapping = new ImportMapping { Provider = World.Provider, UserIdColumn = "user", AccessTokenColumn = "token" };

        ImportReport report = await world.ImportAsync(mapping.ReadAsync(reader));

        report.Refused.Should().ContainSingle().Which.Message.Should().Contain("\"token\"").And.Contain("InvalidCastException");
    }

    [Fact]
    public async Task A_token_that_a_swapped_mapping_takes_for_the_user_is_not_shown()
    {
        await using World world = await World.StartAsync();
        var row = new Dictionary<string, object?> { ["id"] = 7, ["token"] = Canary.New("access").PadRight(40, 'x'), ["refresh"] = Canary.New("refresh") };
        var swapped = new ImportMapping { Provider = World.Provider, UserIdColumn = "token", AccessTokenColumn = "id", RefreshTokenColumn = "refresh" };

        await world.RefusedAsync(swapped.Read(row), ImportRefusalReason.LooksLikeAccountId);
    }

    /// <summary>A joined result: two columns of one name, and one that cannot be read.</summary>
    private sealed class TwoIds : DbDataReaderStub
    {
        public override int FieldCount => 4;

        public override string GetName(int ordinal) => new[] { "id", "user", "token", "id" }[ordinal];

        public override object GetValue(int ordinal) => ordinal == 2 ? throw new InvalidCastException("out of range") : ordinal;
    }
}
