using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ProviderGenerator;
using TokenLifecycle.Options;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Providers.Tests;

/// <summary>Every Add method, deep or not, makes settings that the start accepts.</summary>
public sealed class PresetTests
{
    private static readonly Catalog _catalog = Catalog.Read(RepositoryRoot.Combine());

    public static TheoryData<string> Offered => new(_catalog.Providers.Where(static p => p.IsOffered).Select(static p => p.Name));

    [Theory]
    [MemberData(nameof(Offered))]
    public void A_preset_needs_a_client_and_its_parameters_and_nothing_else(string name)
    {
        ProviderFile file = _catalog.Providers.Single(p => p.Name == name);
        using ServiceProvider services = Build(file, withParameters: true);

        OAuthProviderOptions options = services.GetRequiredService<IOptionsMonitor<OAuthProviderOptions>>().Get(name);

        options.DisplayName.Should().Be(file.DisplayName);
        new[] { options.AuthorizationEndpoint, options.TokenEndpoint }.Should().OnlyContain(static address => address != null && !address.Contains('{'));
    }

    [Fact]
    public void A_missing_parameter_is_named_with_an_example()
    {
        using ServiceProvider services = Build(_catalog.Providers.Single(static p => p.Name == "zendesk"), withParameters: false);

        services.Invoking(static s => s.GetRequiredService<IOptionsMonitor<OAuthProviderOptions>>().Get("zendesk"))
            .Should().Throw<OptionsValidationException>().WithMessage("*Placeholders[\"subdomain\"] is not set*acme*");
    }

    [Theory]
    [InlineData("acme.evil.example/")]
    [InlineData("acme.zendesk.com.evil.example")]
    [InlineData("Acme corp")]
    public void A_parameter_that_could_lead_the_secret_elsewhere_is_refused(string value)
    {
        ServiceCollection services = new();
        services.AddTokenLifecycle().AddZendesk(o =>
        {
            (o.ClientId, o.ClientSecret) = ("id", "secret");
            o.Placeholders["subdomain"] = value;
        });
        using ServiceProvider built = services.BuildServiceProvider();

        built.Invoking(static s => s.GetRequiredService<IOptionsMonitor<OAuthProviderOptions>>().Get("zendesk"))
            .Should().Throw<OptionsValidationException>().WithMessage("*does not match*");
    }

    private static ServiceProvider Build(ProviderFile file, bool withParameters)
    {
        ServiceCollection services = new();
        DialectWorld.Add(services.AddTokenLifecycle(), file.Method, file.Name, o =>
        {
            (o.ClientId, o.ClientSecret) = ("id", "secret");
            if (!withParameters || file["connectionParameters"]?.Value is not { } parameters)
                return;
            foreach (System.Text.Json.JsonElement parameter in parameters.EnumerateArray())
                o.Placeholders[parameter.GetProperty("name").GetString()!] = parameter.GetProperty("example").GetString()!;
        });
        return services.BuildServiceProvider();
    }
}
