using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ProviderGenerator;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Providers.Tests;

/// <summary>An app hears of announced changes in time, and a maintainer of facts that have grown old.</summary>
public sealed class NoticeTests
{
    [Theory]
    [InlineData("2026-10-01", null)]
    [InlineData("2026-11-28", "changes on 2027-02-16")]
    [InlineData("2027-02-16", "changed on 2027-02-16")]
    public async Task The_start_warns_from_ninety_days_before_a_change(string today, string? expected)
    {
        var log = new Lines();
        ServiceCollection services = new();
        services.AddLogging(logging => logging.AddProvider(log));
        services.AddSingleton<TimeProvider>(new ManualTimeProvider(DateTimeOffset.Parse(today, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal)));
        services.AddTokenLifecycle().AddHubSpot(o => (o.ClientId, o.ClientSecret) = ("id", "secret"));
        await using ServiceProvider app = services.BuildServiceProvider();

        await app.GetServices<IHostedService>().OfType<ProviderNoticeCheck>().Single().StartAsync(CancellationToken.None);

        string[] notices = [.. log.All.Where(static line => line.Contains("hubspot", StringComparison.Ordinal))];
        if (expected is null)
            notices.Should().BeEmpty();
        else
            notices.Should().ContainSingle().Which.Should().Contain(expected).And.Contain("https://");
    }

    [Fact]
    public void Facts_that_grow_old_are_listed()
    {
        Catalog catalog = Catalog.Read(RepositoryRoot.Combine());

        StaleReport.Of(catalog.Providers, new DateOnly(2026, 11, 28)).Should().Contain(static line => line.StartsWith("fitbit: its date 2026-11-02 has passed", StringComparison.Ordinal));
        StaleReport.Of(catalog.Providers, new DateOnly(2026, 11, 28)).Should().Contain(static line => line.StartsWith("fitbit: tokenEndpoint was valid until 2026-11-02", StringComparison.Ordinal));
        StaleReport.Of(catalog.Providers, new DateOnly(2027, 6, 1)).Should().Contain(static line => line.StartsWith("box: rotation was read on 2026-11-28", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_page_says_when_its_provider_was_last_verified()
    {
        foreach (ProviderFile provider in Catalog.Read(RepositoryRoot.Combine()).Providers)
        {
            string page = File.ReadAllText(RepositoryRoot.Combine("docs", "providers", provider.Name + ".md"));
            page.Should().MatchRegex(@"Last verified: 20\d\d-\d\d", provider.Name);
        }
    }

    [Fact]
    public async Task The_start_does_not_warn_of_a_change_that_the_preset_already_follows()
    {
        ServiceCollection services = new();
        var log = new Lines();
        services.AddLogging(logging => logging.AddProvider(log));
        services.AddSingleton<TimeProvider>(new ManualTimeProvider(new DateTimeOffset(2027, 5, 30, 0, 0, 0, TimeSpan.Zero)));
        services.AddTokenLifecycle().AddStrava(o => (o.ClientId, o.ClientSecret) = ("id", "secret"));
        await using ServiceProvider app = services.BuildServiceProvider();

        foreach (ProviderNoticeCheck check in app.GetServices<IHostedService>().OfType<ProviderNoticeCheck>())
            await check.StartAsync(CancellationToken.None);

        log.All.Should().NotContain(static line => line.Contains("strava", StringComparison.Ordinal));
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public List<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => All.Add(formatter(state, exception));

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Dispose()
        {
        }
    }
}
