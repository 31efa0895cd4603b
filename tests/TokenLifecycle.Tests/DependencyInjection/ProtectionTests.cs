using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Health;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.DependencyInjection;

/// <summary>No store keeps plain tokens unless the app has said so; and a store that is not fit says so on start.</summary>
public sealed class ProtectionTests
{
    [Fact]
    public async Task ST_1_a_store_without_protection_does_not_start_and_the_message_says_what_to_add()
    {
        using IHost host = HostOf(static builder => builder.UseDistributedCacheStore());

        string message = (await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<TokenStoreNotReadyException>()).Which.Message;

        message.Should().ContainAll("DistributedCacheTokenStore", "plain text", ".ProtectWithKeyFile(", ".ProtectWithKeys(", ".WithoutProtection()");
    }

    [Fact]
    public async Task Memory_is_not_at_rest_and_needs_no_protection()
    {
        using IHost host = HostOf(static _ => { });

        await host.StartAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_last_word_on_protection_counts(bool isProtected)
    {
        using IHost host = HostOf(builder => _ = isProtected
            ? builder.UseDistributedCacheStore().WithoutProtection().ProtectWithKeys(OneKey)
            : builder.UseDistributedCacheStore().ProtectWithKeys(OneKey).WithoutProtection());
        await host.StartAsync();
        var key = new TokenKey("acme", "ada");

        await host.Services.GetRequiredService<ITokenManager>().SaveAsync(key, new TokenSet { AccessToken = Canary.New("at"), RefreshToken = Canary.New("rt") });

        StoredToken below = (await host.Services.GetRequiredService<ITokenStore>().FindAsync(key, CancellationToken.None))!;
        below.Tokens.RefreshToken!.StartsWith("tl2.", StringComparison.Ordinal).Should().Be(isProtected);
    }

    [Fact]
    public async Task ST_9_a_distributed_cache_holds_ciphertext_only()
    {
        using IHost host = HostOf(static builder => builder.UseDistributedCacheStore().ProtectWithKeys(OneKey));
        await host.StartAsync();
        var key = new TokenKey("acme", "ada");
        await host.Services.GetRequiredService<ITokenManager>().SaveAsync(key, new TokenSet { AccessToken = Canary.New("at"), RefreshToken = Canary.New("rt") });

        string row = (await host.Services.GetRequiredService<IDistributedCache>().GetStringAsync($"tokenlifecycle:{key}"))!;

        row.Should().Contain("tl2.one.").And.NotContain(Canary.Mark);
    }

    [Fact]
    public async Task Keys_come_from_configuration_and_rotate_with_it()
    {
        string one = Canary.NewKey(), two = Canary.NewKey();
        var source = new Dictionary<string, string?>(StringComparer.Ordinal) { ["TokenKeys:Keys:one"] = one };
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(source).Build();
        using IHost host = HostOf(builder => builder.UseDistributedCacheStore().ProtectWithKeys(configuration.GetSection("TokenKeys")));
        await host.StartAsync();
        ITokenProtector protector = host.Services.GetRequiredService<ITokenProtector>();
        var key = new TokenKey("acme", "ada");
        string before = protector.Protect(key, "f", "value");

        configuration["TokenKeys:Keys:two"] = two;
        configuration["TokenKeys:CurrentKeyId"] = "two";
        configuration.Reload();

        protector.Protect(key, "f", "value").Should().StartWith("tl2.two.");
        protector.Unprotect(key, "f", before).Should().Be("value");

        configuration["TokenKeys:CurrentKeyId"] = "three";
        configuration.Reload();
        protector.Protect(key, "f", "value").Should().StartWith("tl2.two.", "a mistake in a reload changes nothing");
    }

    [Fact]
    [Trait("Rule", "FR-21")]
    public async Task Reloaded_keys_that_are_not_valid_degrade_health_until_they_are_corrected()
    {
        var source = new Dictionary<string, string?>(StringComparer.Ordinal) { ["TokenKeys:Keys:one"] = Canary.NewKey() };
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(source).Build();
        using IHost host = HostOf(builder => builder.UseDistributedCacheStore().ProtectWithKeys(configuration.GetSection("TokenKeys")));
        await host.StartAsync();
        TokenProtectionHealthCheck check = host.Services.GetRequiredService<TokenProtectionHealthCheck>();

        configuration["TokenKeys:CurrentKeyId"] = "two";
        configuration.Reload();
        HealthCheckResult degraded = await check.CheckHealthAsync(new HealthCheckContext());
        configuration["TokenKeys:CurrentKeyId"] = "one";
        configuration.Reload();
        HealthCheckResult corrected = await check.CheckHealthAsync(new HealthCheckContext());

        degraded.Status.Should().Be(HealthStatus.Degraded);
        degraded.Description.Should().Contain("CurrentKeyId is not among Keys");
        corrected.Status.Should().Be(HealthStatus.Healthy);
    }

    [Fact]
    public async Task A_mistake_in_the_keys_stops_the_start_without_a_word_of_them()
    {
        using IHost host = HostOf(static builder => builder.UseDistributedCacheStore().ProtectWithKeys(o => o.Keys["2026-11"] = Canary.New("no key")));

        string message = (await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<OptionsValidationException>()).Which.Message;

        message.Should().Contain("ProtectWithKeys").And.Contain("\"2026-11\" is not 32 bytes").And.Contain("openssl rand -base64 32").And.NotContain(Canary.Mark);
    }

    [Theory]
    [InlineData(StoreCheckMode.Fail)]
    [InlineData(StoreCheckMode.Warn)]
    [InlineData(StoreCheckMode.Off)]
    public async Task DB_1_a_store_that_is_not_fit_fails_the_start_or_is_reported_or_is_left_alone_as_was_asked(StoreCheckMode mode)
    {
        var logs = new LogRecorder();
        using IHost host = HostOf(static builder => builder.UseStore<UnfitStore>().WithoutProtection(), o => o.CheckStoreOnStart = mode, logs);

        if (mode == StoreCheckMode.Fail)
            (await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<TokenStoreNotReadyException>()).Which.Message.Should().ContainAll("column tokens.scope", "is missing", "ALTER TABLE");
        else
            await host.StartAsync();

        HealthCheckResult health = await host.Services.GetRequiredService<TokenStoreHealthCheck>().CheckHealthAsync(new HealthCheckContext());
        health.Status.Should().Be(HealthStatus.Unhealthy);
        health.Description.Should().Contain("column tokens.scope");
        health.Data["column tokens.scope"].Should().Be("ALTER TABLE tokens ADD scope text;");
        logs.Lines.Count(line => line.Text.Contains("column tokens.scope", StringComparison.Ordinal) && line.Id == 24).Should().Be(mode == StoreCheckMode.Off ? 0 : 1);
    }

    [Fact]
    public async Task F46_a_single_row_that_cannot_be_read_is_reported_and_stops_nothing()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        var logs = new LogRecorder();
        using IHost host = HostOf(builder => builder.UseFileStore(Path.Combine(folder, "tokens")).ProtectWithKeys(OneKey), logs: logs);
        await host.Services.GetRequiredService<ITokenManager>().SaveAsync(new TokenKey("acme", "ada"), new TokenSet { AccessToken = Canary.New("at") });
        await File.WriteAllTextAsync(Directory.GetFiles(Path.Combine(folder, "tokens"), "*.token.json").Single(), "{ damaged");

        await host.StartAsync();

        logs.Lines.Should().ContainSingle(line => line.Id == 24);
        (await host.Services.GetRequiredService<TokenStoreHealthCheck>().CheckHealthAsync(new HealthCheckContext())).Status.Should().Be(HealthStatus.Degraded);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_store_that_says_nothing_of_itself_counts_as_fit()
    {
        using IHost host = HostOf(static _ => { });

        (await host.Services.GetRequiredService<TokenStoreHealthCheck>().CheckHealthAsync(new HealthCheckContext())).Status.Should().Be(HealthStatus.Healthy);
    }

    private static void OneKey(TokenKeyRingOptions options) => options.Keys["one"] = Canary.NewKey();

    private static IHost HostOf(Action<TokenLifecycleBuilder> build, Action<TokenLifecycleOptions>? options = null, ILoggerProvider? logs = null)
    {
        HostApplicationBuilder app = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        app.Services.AddCanaryLogging();
        if (logs is not null)
            app.Logging.AddProvider(logs);
        app.Services.AddSingleton<TimeProvider>(new ManualTimeProvider());
        app.Services.AddSingleton<IDistributedCache>(new MemoryDistributedCache(Microsoft.Extensions.Options.Options.Create(new MemoryDistributedCacheOptions())));
        build(app.Services.AddTokenLifecycle(options).AddProvider("acme", static o =>
        {
            o.ClientId = "client";
            o.ClientSecret = Canary.New("secret");
            o.AuthorizationEndpoint = "https://acme.example.com/authorize";
            o.TokenEndpoint = "https://acme.example.com/token";
        }));

        // The wait before a first write to a cache would need the clock to move meanwhile.
        if (app.Services.Any(static service => service.ImplementationType == typeof(DistributedCacheTokenStore)))
            app.Services.Replace(ServiceDescriptor.Singleton<ITokenStore>(static services => new DistributedCacheTokenStore(services.GetRequiredService<IDistributedCache>(), services.GetRequiredService<TimeProvider>(), TimeSpan.Zero)));
        return app.Build();
    }

    public sealed class UnfitStore(TimeProvider clock) : ITokenStore, ITokenStoreCheck
    {
        private readonly InMemoryTokenStore _inner = new(clock);

        public Task<IReadOnlyList<TokenStoreProblem>> CheckAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<TokenStoreProblem>>([new TokenStoreProblem("column tokens.scope", "It is missing.", "ALTER TABLE tokens ADD scope text;")]);

        public Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken) => _inner.FindAsync(key, cancellationToken);

        public Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
            _inner.BeginRefreshAsync(key, attemptId, leaseDuration, cancellationToken);

        public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken) =>
            _inner.CompleteRefreshAsync(key, attemptId, version, ending, cancellationToken);

        public Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken) => _inner.SaveAsync(token, expectedVersion, cancellationToken);

        public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) => _inner.DeleteAsync(key, cancellationToken);
    }
}
