using TokenLifecycle.Importing;
using TokenLifecycle.Options;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Importing;

/// <summary>Each reason for which a row is refused, and what is let pass with a note.</summary>
public sealed class ImportRefusalTests
{
    [Theory]
    [InlineData(null, ImportRefusalReason.InvalidKey)]
    [InlineData("", ImportRefusalReason.InvalidKey)]
    [InlineData(" ", ImportRefusalReason.InvalidKey)]
    [InlineData("a\nb", ImportRefusalReason.InvalidKey)]
    public async Task A_row_without_a_user_is_refused(string? user, ImportRefusalReason reason)
    {
        await using World world = await World.StartAsync();
        await world.RefusedAsync(world.Row(user), reason);
        await world.RefusedAsync(world.Row(new string('a', TokenKey.MaxPartLength + 1)), reason);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Acme")]
    [InlineData("strava")]
    public async Task A_provider_that_is_not_registered_is_refused_and_those_that_are_are_named(string? provider)
    {
        await using World world = await World.StartAsync();

        (await world.RefusedAsync(world.Row(provider: provider), ImportRefusalReason.UnknownProvider)).Message.Should().Contain("Registered: acme").And.Contain("ProviderNames");
    }

    [Theory]
    [InlineData("9876543", null)]
    [InlineData("0", null)]
    [InlineData("athlete-a", "athlete-a")]
    [InlineData("ada", null)]
    public async Task Incident_A_An_id_in_place_of_a_token_is_refused_in_either_column(string id, string? accountId)
    {
        await using World world = await World.StartAsync();
        await world.RefusedAsync(world.Row(access: id, accountId: accountId), ImportRefusalReason.LooksLikeAccountId);
        await world.RefusedAsync(world.Row(refresh: id, accountId: accountId), ImportRefusalReason.LooksLikeAccountId);
    }

    [Fact]
    public async Task What_is_no_token_or_too_long_for_one_is_refused()
    {
        await using World world = await World.StartAsync();
        string same = Canary.New("same");
        foreach (string bad in new[] { " x", "x y", "\"x\"", "x\r\n", "é" })
            await world.RefusedAsync(world.Row(access: Canary.New("access") + bad), ImportRefusalReason.NotAToken);
        foreach (string bad in new[] { "x ", "x\n", "é" })
            await world.RefusedAsync(world.Row(refresh: Canary.New("refresh") + bad), ImportRefusalReason.NotAToken);
        await world.RefusedAsync(world.Row(access: same, refresh: same), ImportRefusalReason.NotAToken);
        await world.RefusedAsync(world.Row(access: Canary.New("access").PadRight((32 * 1024) + 1, 'a')), ImportRefusalReason.TooLong);
        await world.RefusedAsync(world.Row(refresh: Canary.New("refresh").PadRight((8 * 1024) + 1, 'a')), ImportRefusalReason.TooLong);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    [InlineData("None")]
    [InlineData("NULL")]
    public async Task The_words_for_nothing_are_nothing(string? nothing)
    {
        await using World world = await World.StartAsync();
        await world.RefusedAsync(world.Row(access: nothing, refresh: nothing), ImportRefusalReason.NoTokens);
        await world.RefusedAsync(world.Row(access: nothing), ImportRefusalReason.MissingAccessToken);
        await world.RefusedAsync(world.Row(refresh: nothing), ImportRefusalReason.MissingRefreshToken);
    }

    [Fact]
    public async Task Without_a_refresh_token_a_row_is_taken_if_the_provider_issues_none_and_its_access_token_lives()
    {
        await using World world = await World.StartAsync(provider: o => o.Rotation = RefreshTokenRotation.None);
        ImportRow ended = world.Row(refresh: null, expiresAt: world.Clock.GetUtcNow().AddMinutes(-1));
        await world.RefusedAsync(ended, ImportRefusalReason.MissingRefreshToken);

        ImportReport report = await world.ImportAsync(world.Row(refresh: null));

        report.Imported.Should().ContainSingle().Which.Notes.Should().ContainSingle(note => note.Contains("no refresh token"));
    }

    [Theory]
    [InlineData("soon", ImportRefusalReason.UnreadableExpiry)]
    [InlineData(false, ImportRefusalReason.UnreadableExpiry)]
    [InlineData(0, ImportRefusalReason.ImplausibleExpiry)]
    [InlineData(21600, ImportRefusalReason.ImplausibleExpiry)]
    [InlineData(-1, ImportRefusalReason.ImplausibleExpiry)]
    [InlineData("9999-12-31", ImportRefusalReason.ImplausibleExpiry)]
    [InlineData(1893456000000000L, ImportRefusalReason.ImplausibleExpiry)]
    public async Task An_expiry_that_is_none_is_refused(object expiresAt, ImportRefusalReason reason)
    {
        await using World world = await World.StartAsync();
        await world.RefusedAsync(world.Row(expiresAt: expiresAt), reason);
    }

    [Fact]
    public async Task An_unknown_expiry_is_taken_as_unknown_unless_age_and_lifetime_are_known()
    {
        await using World world = await World.StartAsync(provider: o => o.DefaultLifetime = TimeSpan.FromHours(6));
        DateTimeOffset issued = world.Clock.GetUtcNow().AddHours(-1);

        ImportReport report = await world.ImportAsync(world.Row("a", expiresAt: ""), world.Row("b", expiresAt: DBNull.Value, issuedAt: issued));

        report.Imported.Select(static row => row.ExpiresAt).Should().Equal(null, issued.AddHours(6));
        report.Imported[0].Notes.Should().ContainSingle(note => note.Contains("expiry is unknown"));
    }

    [Fact]
    public async Task What_is_odd_but_no_reason_to_lose_a_connection_is_noted()
    {
        await using World world = await World.StartAsync();

        ImportReport report = await world.ImportAsync(world.Row("ada@example.com", scope: "{read,write}", issuedAt: "yesterday"));

        report.Imported.Should().ContainSingle().Which.Notes.Should().HaveCount(3);
        report.ToString().Should().Contain("e-mail");
    }

    [Fact]
    public async Task Of_two_rows_of_one_connection_the_later_ending_is_taken_wherever_it_stands()
    {
        await using World world = await World.StartAsync();
        DateTimeOffset now = world.Clock.GetUtcNow();
        string shared = Canary.New("refresh");

        ImportReport report = await world.ImportAsync(
            world.Row("a", refresh: shared, expiresAt: now.AddMinutes(5)), world.Row("a", refresh: shared, expiresAt: now.AddMinutes(9)), world.Row("a", expiresAt: ""),
            world.Row("b", expiresAt: now, issuedAt: now), world.Row("b", expiresAt: now, issuedAt: now.AddDays(-1)));

        report.Imported.Select(static row => row.Source).Should().Equal("row 2", "row 4");
        report.Refused.Should().HaveCount(3).And.OnlyContain(refusal => refusal.Reason == ImportRefusalReason.Superseded);
        report.Refused[0].Message.Should().Contain("row 2");
    }

    [Fact]
    public async Task A_refresh_token_of_two_users_is_given_to_neither()
    {
        await using World world = await World.StartAsync(provider: o => o.Rotation = RefreshTokenRotation.Static);
        string shared = Canary.New("refresh");

        ImportReport report = await world.ImportAsync(world.Row("a", refresh: shared), world.Row("b", refresh: shared, access: "12345"), world.Row("c"), world.Row("d", refresh: shared));

        report.Imported.Should().ContainSingle().Which.Key.UserId.Should().Be("c");
        report.Refused.Select(static refusal => refusal.Reason).Should().Equal(
            ImportRefusalReason.SharedRefreshToken, ImportRefusalReason.LooksLikeAccountId, ImportRefusalReason.SharedRefreshToken);
    }

    [Theory]
    [InlineData(RefreshTokenRotation.Static, 2)]
    [InlineData(RefreshTokenRotation.MayRotate, 0)]
    public async Task A_refresh_token_of_two_connections_of_one_user_is_taken_only_if_using_it_does_not_spend_it(RefreshTokenRotation rotation, int imported)
    {
        await using World world = await World.StartAsync(provider: o => o.Rotation = rotation);
        string shared = Canary.New("refresh");

        ImportReport report = await world.ImportAsync(world.Row(refresh: shared, connection: "mail"), world.Row(refresh: shared, connection: "drive"));

        report.Imported.Should().HaveCount(imported);
        report.CountOf(ImportRefusalReason.SharedRefreshToken).Should().Be(2 - imported);
    }
}
