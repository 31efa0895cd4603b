using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Providers;

/// <summary>An app whose one provider is declared by configuration alone, and a server that answers as that provider does.</summary>
internal sealed class DeclaredWorld : IAsyncDisposable
{
    public static readonly Uri Callback = new("https://app.example/connections/acme/callback");
    public const string Secret = "s3cr3t";

    private readonly ServiceProvider _services;

    private DeclaredWorld(ServiceProvider services, ManualTimeProvider clock, DeclaredServer server) => (_services, Clock, Server) = (services, clock, server);

    public static TokenKey Key { get; } = new("acme", "ada");

    public ManualTimeProvider Clock { get; }

    public DeclaredServer Server { get; }

    public ITokenManager Tokens => _services.GetRequiredService<ITokenManager>();

    /// <summary>The parameters of the last authorization request.</summary>
    public IReadOnlyDictionary<string, string> Asked { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public Uri? AskedAt { get; private set; }

    public DeclaredRequest Last => Server.Requests[^1];

    /// <param name="settings">The provider's section as JSON, without endpoints that are the usual ones; <c>{origin}</c> is the server's, <c>{any}</c> the same at another host.</param>
    /// <param name="answer">The provider.</param>
    public static async Task<DeclaredWorld> StartAsync(string settings, Func<DeclaredRequest, DeclaredReply?> answer)
    {
        DeclaredServer server = await DeclaredServer.StartAsync(answer);
        var usual = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Acme:ClientId"] = "app", ["Acme:ClientSecret"] = Secret, ["Acme:AllowHttpOnLoopback"] = "true", ["Acme:ApiOrigins:0"] = server.Origin,
            ["Acme:AuthorizationEndpoint"] = server.Origin + "/authorize", ["Acme:TokenEndpoint"] = server.Origin + "/token",
            ["Acme:RevocationEndpoint"] = server.Origin + "/revoke",
        };
        string any = server.Origin.Replace("127.0.0.1", "0.0.0.0", StringComparison.Ordinal);
        string json = $$"""{"Acme":{{settings.Replace("{origin}", server.Origin, StringComparison.Ordinal).Replace("{any}", any, StringComparison.Ordinal)}}}""";
        IConfigurationRoot configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(usual).AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();

        var clock = new ManualTimeProvider();
        var services = new ServiceCollection();
        services.AddCanaryLogging();
        services.AddSingleton<TimeProvider>(clock);
        services.AddTokenLifecycle().AddProvider(Key.Provider, configuration.GetSection("Acme"));
        ServiceProvider built = services.BuildServiceProvider();
        built.GetRequiredService<IOptionsMonitor<OAuthProviderOptions>>().Get(Key.Provider);
        return new DeclaredWorld(built, clock, server);
    }

    /// <summary>The user consents, and the code is exchanged.</summary>
    public async Task<TokenSet> ConnectAsync(string codeParameter = "code")
    {
        var flow = _services.GetRequiredService<IAuthorizationCodeFlow>();
        AuthorizationRequest request = flow.CreateRequest(Key.Provider, Callback);
        AskedAt = request.Url;
        Asked = QueryHelpers.ParseQuery(request.Url.OriginalString[request.Url.OriginalString.IndexOf('?', StringComparison.Ordinal)..])
            .ToDictionary(static pair => pair.Key, static pair => string.Join(" AND ", pair.Value.AsEnumerable()), StringComparer.Ordinal);
        TokenSet tokens = await flow.ExchangeAsync(request, AuthorizationResponse.Parse($"{Callback}?{codeParameter}=c1&state={request.State}"));
        await Tokens.SaveAsync(Key, tokens);
        return tokens;
    }

    /// <summary>Refreshes whatever the remaining life is.</summary>
    public async Task<AccessToken> RefreshAsync() => await Tokens.RefreshAsync(Key);

    public async Task<RevocationOutcome> DisconnectAsync() => await Tokens.DisconnectAsync(Key);

    public async Task<TokenSet> StoredAsync() =>
        (await _services.GetRequiredService<ITokenStore>().FindAsync(Key, CancellationToken.None))!.Tokens;

    public static string At() => Canary.New("at");

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Server.DisposeAsync();
    }
}
