using System.Globalization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.DataProtection;

/// <summary>Hosts on a real folder of Data Protection keys, with one store and one provider among them.</summary>
internal sealed class RingWorld : IAsyncDisposable
{
    public static readonly TokenKey Key = new("strava", "ada");
    private readonly List<IHost> _hosts = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ring-");

    private RingWorld(SimulatedAuthorizationServer server) => Server = server;

    public SimulatedAuthorizationServer Server { get; }

    public InMemoryTokenStore Store { get; } = new(TimeProvider.System);

    public string Ring => Path.Combine(_folder.FullName, "keys");

    public FileInfo[] KeyFiles => Directory.Exists(Ring) ? new DirectoryInfo(Ring).GetFiles("key-*.xml") : [];

    public static async Task<RingWorld> CreateAsync() => new(await SimulatedAuthorizationServer.StartAsync(o =>
    {
        o.Dialect = Dialect.Strava;
        o.SecretMark = Canary.Mark;
    }));

    public string OtherRing(string name) => Path.Combine(_folder.FullName, name);

    public IHost Build(
        string? ring = null, Action<IDataProtectionBuilder>? protection = null, Action<DataProtectionTokenOptions>? options = null,
        string environment = "Development", TimeProvider? clock = null)
    {
        var settings = new HostApplicationBuilderSettings { EnvironmentName = environment };
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(settings);
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(new CanaryLoggerProvider(CanaryWatch.OfProcess));
        IDataProtectionBuilder keys = builder.Services.AddDataProtection();
        if (protection is null)
            keys.SetApplicationName("ring-world").PersistKeysToFileSystem(new DirectoryInfo(ring ?? Ring));
        else
            protection(keys);
        if (clock is not null)
            builder.Services.AddSingleton(clock);
        builder.Services.AddSingleton<ITokenStore>(Store);
        builder.Services.AddTokenLifecycle().AddStrava(Server.Configure).ProtectWithDataProtection(options);
        IHost host = builder.Build();
        lock (_hosts)
            _hosts.Add(host);
        return host;
    }

    public async Task<IHost> StartAsync(string? ring = null, TimeProvider? clock = null)
    {
        IHost host = Build(ring, clock: clock);
        await host.StartAsync();
        return host;
    }

    public TokenSet NewTokens() => Server.IssueTokens(Server.SignedInUser, "read");

    public static ITokenManager Tokens(IHost host) => host.Services.GetRequiredService<ITokenManager>();

    public static ITokenProtector Protector(IHost host) => host.Services.GetRequiredService<ITokenProtector>();

    /// <summary>Makes a key as old as said, by its file.</summary>
    public static void Age(FileInfo key, TimeSpan age)
    {
        string text = File.ReadAllText(key.FullName);
        foreach (string date in new[] { "creationDate", "activationDate", "expirationDate" })
        {
            int from = text.IndexOf($"<{date}>", StringComparison.Ordinal) + date.Length + 2;
            int to = text.IndexOf($"</{date}>", StringComparison.Ordinal);
            DateTimeOffset shifted = DateTimeOffset.Parse(text[from..to], CultureInfo.InvariantCulture) - age;
            text = text[..from] + shifted.ToString("O", CultureInfo.InvariantCulture) + text[to..];
        }

        File.WriteAllText(key.FullName, text);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IHost host in _hosts)
            await ((IAsyncDisposable)host).DisposeAsync();
        await Server.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
