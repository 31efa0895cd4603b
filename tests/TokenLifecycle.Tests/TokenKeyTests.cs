namespace TokenLifecycle.Tests;

public sealed class TokenKeyTests
{
    [Fact]
    public void MT_2_Keys_that_look_alike_are_written_differently()
    {
        string[] written =
        [
            new TokenKey("a:b", "c").ToString(),
            new TokenKey("a", "b:c").ToString(),
            new TokenKey("a/b", "c").ToString(),
            new TokenKey("a", "b/c").ToString(),
            new TokenKey("a", "c").ToString(),
            new TokenKey("A", "c").ToString(),
            new TokenKey("a", "c ").ToString(),
            new TokenKey("a", "é").ToString(),
            new TokenKey("a", "e\u0301").ToString(),
            new TokenKey("a", "%C3%A9").ToString(),
            new TokenKey("a", "c", "Default").ToString(),
            new TokenKey("a", "c") { Tenant = "t" }.ToString(),
            new TokenKey("t", "a", "c") { Tenant = "default" }.ToString(),
            new TokenKey("a", "c") { Tenant = "T" }.ToString(),
            new TokenKey("a", "c") { Tenant = "t/a" }.ToString(),
        ];

        written.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    [Trait("Rule", "FS-2")]
    public void The_tenant_tells_keys_apart_and_is_shown_in_logs()
    {
        TokenKey none = new("strava", "anna"), acme = none with { Tenant = "acme" }, globex = none with { Tenant = "globex" };

        new[] { none, acme, globex }.Distinct().Should().HaveCount(3);
        acme.Should().Be(new TokenKey("strava", "anna") { Tenant = "acme" });
        acme.GetHashCode().Should().Be(new TokenKey("strava", "anna") { Tenant = "acme" }.GetHashCode());
        (acme with { Tenant = "" }).Should().Be(none);
        none.Tenant.Should().BeEmpty();
        acme.ToString().Should().Be("acme/strava/anna/default");
        acme.ToRedactedString().Should().StartWith("acme/strava/#").And.NotContain("anna");
    }

    [Fact]
    public void A_tenant_that_cannot_be_stored_is_refused()
    {
        foreach (string tenant in new[] { "a\nb", "\ud800", new string('a', TokenKey.MaxPartLength + 1) })
            FluentActions.Invoking(() => new TokenKey("strava", "anna") { Tenant = tenant }).Should().Throw<ArgumentException>().WithMessage("*Tenant*");
    }
}
