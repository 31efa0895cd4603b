using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Options;

namespace TokenLifecycle.AspNetCore.Tests;

/// <summary>Settings that are fixed at start may be used for the first time long after it, when they can no longer be read.</summary>
[Trait("Rule", "FR-2")]
public sealed class BadSettingsTests
{
    [Fact]
    public void Settings_of_the_web_are_those_of_the_start() =>
        StayAsOnStart<TokenLifecycleWebOptions>(services => services.AddTokenLifecycle().WithoutProtection().AddConnectionEndpoints(o => o.PublicOrigin = "https://app.example.com"));

    [Fact]
    public void Settings_of_the_current_user_are_those_of_the_start() =>
        StayAsOnStart<TokenLifecycleWebOptions>(services => services.AddTokenLifecycle().WithoutProtection().UseHttpContextUser());

    [Fact]
    public void Settings_of_the_protection_are_those_of_the_start() =>
        StayAsOnStart<DataProtectionTokenOptions>(services => services.AddTokenLifecycle().ProtectWithDataProtection());

    private static void StayAsOnStart<TOptions>(Action<IServiceCollection> add)
        where TOptions : class
    {
        bool isBad = false;
        var services = new ServiceCollection();
        services.AddSingleton<IHostEnvironment>(new HostingEnvironment { EnvironmentName = Environments.Production });
        add(services);
        services.Configure<TOptions>(_ =>
        {
            if (isBad)
                throw new FormatException("'30s' is no time.");
        });
        using ServiceProvider built = services.BuildServiceProvider();
        built.GetRequiredService<IStartupValidator>().Validate();

        isBad = true;
        built.GetRequiredService<IOptionsMonitorCache<TOptions>>().Clear(); // As a reload does.

        built.GetRequiredService<IOptions<TOptions>>().Value.Should().NotBeNull();
    }
}
