using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Options;

/// <summary>Provider settings as an app has them: preset, then configuration, then code, then resolved.</summary>
internal static class ProviderSettings
{
    public const string Name = "acme";

    /// <summary>A provider with nothing wrong.</summary>
    public static OAuthProviderOptions Valid() => new()
    {
        ClientId = "client-1",
        ClientSecret = Canary.New("secret"),
        AuthorizationEndpoint = "https://login.example.com/authorize",
        TokenEndpoint = "https://login.example.com/token",
        ApiOrigins = ["https://api.example.com"],
        Scopes = ["read"],
    };

    public static OAuthProviderOptions Resolved(OAuthProviderOptions options, string? environment = null)
    {
        new OAuthProviderOptionsResolver(environment is null ? null : new Host(environment)).PostConfigure(Name, options);
        return options;
    }

    /// <summary>What is wrong with a valid provider once this is changed, in the order the validator says it.</summary>
    public static IReadOnlyList<string> ProblemsAfter(Action<OAuthProviderOptions> change, string? environment = null)
    {
        OAuthProviderOptions options = Valid();
        change(options);
        return Problems(options, environment);
    }

    public static IReadOnlyList<string> Problems(OAuthProviderOptions options, string? environment = null)
    {
        string? secret = options.ClientSecret;
        ValidateOptionsResult result = new OAuthProviderOptionsValidator().Validate(Name, Resolved(options, environment));
        string[] problems = [.. result.Failures ?? []];

        // Of every message, whatever it is about.
        foreach (string problem in problems)
        {
            problem.Should().StartWith("OAuth provider \"acme\": ").And.EndWith(" in code.").And.NotContain(Canary.Mark);
            if (!string.IsNullOrWhiteSpace(secret))
                problem.Should().NotContain(secret);
        }

        return problems;
    }

    public static OAuthProviderOptions FromPreset(Action<OAuthProviderOptions> preset, Dictionary<string, string?>? configuration = null, Action<OAuthProviderOptions>? code = null)
    {
        OAuthProviderOptions options = new();
        preset(options);
        new ConfigurationBuilder().AddInMemoryCollection(configuration ?? []).Build().Bind(options);
        code?.Invoke(options);
        return Resolved(options);
    }

    private sealed class Host(string environment) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = environment;

        public string ApplicationName { get; set; } = "tests";

        public string ContentRootPath { get; set; } = "/";

        public Microsoft.Extensions.FileProviders.IFileProvider ContentRootFileProvider { get; set; } = new Microsoft.Extensions.FileProviders.NullFileProvider();
    }
}
