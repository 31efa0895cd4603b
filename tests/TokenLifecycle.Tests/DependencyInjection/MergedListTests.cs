using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.DependencyInjection;

public sealed class MergedListTests
{
    private static readonly Dictionary<string, string?> Base = new(StringComparer.Ordinal)
    {
        ["Acme:ClientId"] = "base",
        ["Acme:ApiOrigins:0"] = "https://a.test.example",
        ["Acme:ApiOrigins:1"] = "https://b.test.example",
        ["Acme:Scopes:0"] = "read",
    };

    [Fact]
    [Trait("Rule", "FH-9")]
    public async Task A_list_whose_entries_come_from_several_sources_is_warned_of()
    {
        IReadOnlyList<string> warnings = await WarningsOfAsync(new(StringComparer.Ordinal) { ["Acme:ClientId"] = "production", ["Acme:ApiOrigins:0"] = "https://api.example" });

        warnings.Should().ContainSingle().Which.Should().Contain("Acme:ApiOrigins").And.Contain("by index").And.NotContain("test.example");
    }

    [Fact]
    [Trait("Rule", "FH-9")]
    public async Task A_list_that_one_source_replaces_whole_is_not_warned_of()
    {
        IReadOnlyList<string> warnings = await WarningsOfAsync(new(StringComparer.Ordinal)
        {
            ["Acme:ApiOrigins:0"] = "https://api.example",
            ["Acme:ApiOrigins:1"] = "https://api2.example",
            ["Acme:Scopes:0"] = "write",
        });

        warnings.Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "FH-9")]
    public async Task An_entry_whose_members_come_from_several_sources_is_warned_of()
    {
        IReadOnlyList<string> warnings = await WarningsOfAsync(
            new(StringComparer.Ordinal) { ["Acme:ErrorRules:0:Value"] = "expired" },
            new(StringComparer.Ordinal) { ["Acme:ErrorRules:0:Path"] = "error", ["Acme:ErrorRules:0:Value"] = "revoked" });

        warnings.Should().ContainSingle().Which.Should().Contain("Acme:ErrorRules");
    }

    private static async Task<IReadOnlyList<string>> WarningsOfAsync(Dictionary<string, string?> above, Dictionary<string, string?>? also = null)
    {
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(Base).AddInMemoryCollection(also).AddInMemoryCollection(above).Build();
        var log = new LogRecorder();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(log));
        services.AddSingleton<IConfiguration>(configuration);
        services.AddTokenLifecycle().WithoutProtection().AddProvider("acme", configuration.GetSection("Acme"), o =>
        {
            o.AuthorizationEndpoint = "https://id.example/authorize";
            o.TokenEndpoint = "https://id.example/token";
            o.ClientSecret = "secret";
        });
        await using ServiceProvider provider = services.BuildServiceProvider();
        foreach (IHostedService service in provider.GetServices<IHostedService>())
            await service.StartAsync(CancellationToken.None);
        return [.. log.Lines.Where(static line => line.Id == 69).Select(static line => line.Text)];
    }
}
