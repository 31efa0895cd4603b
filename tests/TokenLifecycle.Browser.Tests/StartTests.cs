namespace TokenLifecycle.Browser.Tests;

/// <summary>Started with wrong settings, the sample says what is missing and how to set it.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task An_id_without_its_secret()
    {
        (int code, string said) = await Dashboard.RefusedAsync(("STRAVA_CLIENT_ID", "12345"));

        code.Should().Be(1);
        said.Should().Contain("STRAVA_CLIENT_ID is set but STRAVA_CLIENT_SECRET is not").And.Contain("export STRAVA_CLIENT_SECRET=").And.NotContain("   at ");
    }

    [Fact]
    public async Task Everything_that_is_wrong_at_once()
    {
        (int code, string said) = await Dashboard.RefusedAsync(("TP_CLIENT_SECRET", "s"), ("TP_AUTH_BASE", "nonsense"), ("SIMULATED_TOKEN_SECONDS", "soon"));

        code.Should().Be(1);
        said.Should().Contain("TP_CLIENT_ID").And.Contain("TP_AUTH_BASE").And.Contain("SIMULATED_TOKEN_SECONDS");
    }

    [Fact]
    public async Task A_database_that_is_not_there()
    {
        (int code, string said) = await Dashboard.RefusedAsync(("ConnectionStrings__Tokens", "Host=127.0.0.1;Port=1;Database=none;Username=nobody;Timeout=3"));

        code.Should().Be(1);
        said.Should().Contain("The database of ConnectionStrings__Tokens cannot be used").And.Contain("unset it to keep connections in files").And.NotContain("   at ");
    }

    [Theory]
    [InlineData("Host=;;=")]
    [InlineData("Hst=127.0.0.1")]
    public async Task A_connection_string_that_is_none(string text)
    {
        (int code, string said) = await Dashboard.RefusedAsync(("ConnectionStrings__Tokens", text));

        code.Should().Be(1);
        said.Should().Contain("ConnectionStrings__Tokens").And.Contain("Host=localhost;Database=training").And.NotContain("   at ");
    }

    [Fact]
    public async Task Outside_Development_without_a_public_origin()
    {
        (int code, string said) = await Dashboard.RefusedAsync(("ASPNETCORE_ENVIRONMENT", "Production"));

        code.Should().Be(1);
        said.Should().Contain("PublicOrigin").And.Contain("https://app.example.com").And.NotContain("   at ");
    }
}
