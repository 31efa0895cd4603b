using System.Text.Json;
using System.Text.Json.Serialization;
using TokenLifecycle.Options;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Chaos;

/// <summary>What a worker needs to know, handed over in its environment: there a secret of the run is nobody's but its owner's.</summary>
internal sealed record WorkerSettings(
    string Store, string Place, string KeyFile, double GraceSeconds, string TokenEndpoint, string RevocationEndpoint, string AuthorizationEndpoint, string UserInfo, string ClientId, string ClientSecret)
{
    /// <summary>Tells the server which process asks, so that it can be killed at a chosen moment of its request.</summary>
    public const string WorkerHeader = "X-Worker";

    /// <summary>For one request and for one save.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the lease of a killed process keeps others out: as short as the deadlines allow.</summary>
    [JsonIgnore]
    public TimeSpan Lease => 6 * Deadline;

    /// <summary>What the server knows it by; its process id if empty.</summary>
    public string Name { get; init; } = "";

    [JsonIgnore]
    public string Sender => Name.Length > 0 ? Name : Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Where it writes down what it receives; nowhere if empty.</summary>
    public string Diary { get; init; } = "";

    /// <summary>The folder of <c>AddLocalSpill</c>; none if empty.</summary>
    public string Spill { get; init; } = "";

    /// <summary>Whose token it gets before it says that it is ready, so that the code of a refresh is compiled by then; nobody's if empty.</summary>
    public string WarmUp { get; init; } = "";

    /// <summary>How long its host lets it stop.</summary>
    public TimeSpan ShutdownTime { get; init; } = TimeSpan.FromSeconds(30);

    private const string Variable = "TOKENLIFECYCLE_CHAOS";

    public static WorkerSettings Of(ChaosOptions options, string place, string keyFile, SimulatedAuthorizationServer server) => new(
        options.Store, place, keyFile, options.Grace.TotalSeconds, server.TokenEndpoint.Address.AbsoluteUri, server.RevocationEndpoint.Address.AbsoluteUri,
        server.AuthorizationEndpoint.Address.AbsoluteUri, server.UserInfoAddress.AbsoluteUri, server.ClientId, server.ClientSecret);

    public static WorkerSettings FromEnvironment() => JsonSerializer.Deserialize<WorkerSettings>(
        Environment.GetEnvironmentVariable(Variable) ?? throw new InvalidOperationException("A worker is started by the run, not by hand."))!;

    public void PutInto(IDictionary<string, string?> environment) => environment[Variable] = JsonSerializer.Serialize(this);

    public void Configure(OAuthProviderOptions options)
    {
        options.AuthorizationEndpoint = AuthorizationEndpoint;
        options.TokenEndpoint = TokenEndpoint;
        options.RevocationEndpoint = RevocationEndpoint;
        options.ClientId = ClientId;
        options.ClientSecret = ClientSecret;
        options.AllowHttpOnLoopback = true;
        options.Rotation = RefreshTokenRotation.EveryUse;
        options.RefreshTokenReusePeriod = TimeSpan.FromSeconds(GraceSeconds);
    }

    public override string ToString() => $"{Store} at {Place}";
}
