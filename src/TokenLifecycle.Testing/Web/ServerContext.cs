using TokenLifecycle.Testing.Dialects;
using TokenLifecycle.Testing.Grants;

namespace TokenLifecycle.Testing.Web;

/// <summary>What the handlers share.</summary>
internal sealed class ServerContext
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SimulatedUser> _users = new(StringComparer.Ordinal);

    public ServerContext(SimulatedServerOptions options)
    {
        Options = options;
        Dialect = DialectProfile.Of(options.Dialect);
        Book = new GrantStore(options, Dialect);
        ClientId = options.ClientId ?? Dialect.DefaultClientId;
        ClientSecret = options.ClientSecret ?? Secrets.New("secret-", options.SecretMark);
        SignedInUser = AddUser("user", null);
    }

    public SimulatedServerOptions Options { get; }

    public DialectProfile Dialect { get; }

    public GrantStore Book { get; }

    public ServerLog Log { get; } = new();

    public string ClientId { get; }

    public string ClientSecret { get; set; }

    public SimulatedUser SignedInUser { get; set; }

    public string Origin { get; set; } = "";

    public DateTimeOffset Now => Options.TimeProvider.GetUtcNow();

    public SimulatedUser AddUser(string name, string? accountId)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        lock (_lock)
        {
            accountId ??= (1000 + _users.Count).ToString(System.Globalization.CultureInfo.InvariantCulture);
            if (Dialect.AccountIdIsNumber && !long.TryParse(accountId, out _))
                throw new ArgumentException($"Account ids of {Options.Dialect} are whole numbers.", nameof(accountId));
            var user = new SimulatedUser(name, accountId);
            _users.Add(name, user);
            return user;
        }
    }

    public SimulatedUser? FindUser(string name)
    {
        lock (_lock) return _users.GetValueOrDefault(name);
    }

    public string[] SplitScopes(string? scopes) =>
        (scopes ?? "").Split(Dialect.ScopeSeparators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
