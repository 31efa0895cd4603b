using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Chaos.Faults;

/// <summary>
/// The users of the app: each is asked for again and again, at one worker or at two at once, mostly at one that is the user's own as with a balancer's affinity; and connects anew when asked to.
/// </summary>
internal sealed class Traffic(SimulatedAuthorizationServer server, IServiceProvider app, History history, int workers, int seed, TimeProvider time)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _userPatience = TimeSpan.FromSeconds(30);
    private readonly List<User> _users = [];

    public Fleet Fleet { get; set; } = null!;

    public IReadOnlyList<User> Users => _users;

    private DateTimeOffset Now => time.GetUtcNow();

    public static string WarmUpOf(int slot) => $"warm-up-{slot}";

    public async Task ConnectAllAsync(int count)
    {
        await Worker.WarmUpAsync(app.GetRequiredService<ITokenManager>());
        for (int slot = 0; slot < workers; slot++)
        {
            string name = WarmUpOf(slot);
            TokenSet tokens = server.IssueTokens(server.AddUser(name), "read");
            history.Connects.Enqueue(new Connect(name, TokenFingerprint.Of(tokens.RefreshToken!), Now) { SavedAt = Now });
            await app.GetRequiredService<ITokenManager>().SaveAsync(new TokenKey(WorkerHost.Provider, name), tokens with { ExpiresAt = Now });
        }

        for (int i = 0; i < count; i++)
        {
            var user = new User(i, server.AddUser($"user-{i}"), new Random((seed * 100_003) + i));
            _users.Add(user);
            await ConnectAsync(user);
        }
    }

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(_users.Select(user => AskForAsync(user, stop)));

    /// <summary>A worker has said something.</summary>
    public void Heard(Life life, string[] words)
    {
        if (words.Length < 3 || words[0] is not ("ok" or "reauth" or "error"))
            return;
        User user = _users[int.Parse(words[1], CultureInfo.InvariantCulture)];
        if (life.Answered(user.Index, words) is not { } askedAt)
            return;

        if (words[0] == "error")
        {
            if (words[2] == nameof(TokenFailureKind.GrantRejected))
                LosePatience(user, life, askedAt);
            history.Errors.AddOrUpdate(words[2], 1, static (_, count) => count + 1);
        }
        else if (words[0] == "reauth")
        {
            history.Reconnects.Enqueue(new Reconnect(user.Key.UserId, life, words[2], askedAt, Now));
            if (askedAt > user.ConnectedAt && user.TryBeginConnect())
                _ = ConnectAsync(user);
        }
        else if (words[2] == user.Account.AccountId)
        {
            Interlocked.Increment(ref history.Served);
            user.ServedAt = askedAt;
        }
        else if (words[2].StartsWith("HTTP-", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref history.RejectedByApi); // It expired on its way, or the grant was revoked.
        }
        else
        {
            Interlocked.Increment(ref history.Foreign);
        }
    }

    /// <summary>
    /// Where many connections are refused at once nobody is asked to connect for some minutes (docs/adr/0022). A user who finds that nothing works does so nevertheless.
    /// </summary>
    private void LosePatience(User user, Life life, DateTimeOffset askedAt)
    {
        DateTimeOffset lastGood = user.ServedAt > user.ConnectedAt ? user.ServedAt : user.ConnectedAt;
        if (askedAt <= lastGood + _userPatience || !user.TryBeginConnect())
            return;
        history.Reconnects.Enqueue(new Reconnect(user.Key.UserId, life, Reconnect.ByUser, askedAt, Now));
        _ = ConnectAsync(user);
    }

    private async Task AskForAsync(User user, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Life[] lives = Fleet.Choose(user.Random, user.Random.Next(4) == 0 ? 2 : 1, user.Random.Next(4) == 0 ? null : user.Index % workers);
            Task<string[]>[] answers = [.. lives.Select(life => life.Get(user.Index, Now))];
            if (answers.Length > 0)
                await Task.WhenAny(Task.WhenAll(answers), Task.Delay(_patience, time, CancellationToken.None)); // Then another one is asked.
            await Task.Delay(TimeSpan.FromMilliseconds(100 + user.Random.Next(600)), time, CancellationToken.None);
        }
    }

    /// <summary>
    /// Each try has a grant of its own: what became of a try that failed is not known, and its tokens may be in use already.
    /// </summary>
    private async Task ConnectAsync(User user)
    {
        while (true)
        {
            TokenSet tokens = server.IssueTokens(user.Account, "read");
            var connect = new Connect(user.Key.UserId, TokenFingerprint.Of(tokens.RefreshToken!), Now);
            history.Connects.Enqueue(connect);
            try
            {
                await app.GetRequiredService<ITokenManager>().SaveAsync(user.Key, tokens);
                connect.SavedAt = Now;
                user.Connected(Now);
                return;
            }
            catch (TokenTemporarilyUnavailableException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), time, CancellationToken.None);
            }
        }
    }
}

/// <summary>One user of the app.</summary>
internal sealed class User(int index, SimulatedUser account, Random random)
{
    private int _isConnecting;

    public int Index { get; } = index;

    public SimulatedUser Account { get; } = account;

    public TokenKey Key { get; } = WorkerHost.KeyOf(index);

    public Random Random { get; } = random;

    /// <summary>Gets when the connection was last made.</summary>
    public DateTimeOffset ConnectedAt { get; private set; }

    /// <summary>Gets or sets when the latest call was made that got a token which the API took.</summary>
    public DateTimeOffset ServedAt { get; set; }

    public bool TryBeginConnect() => Interlocked.Exchange(ref _isConnecting, 1) == 0;

    public void Connected(DateTimeOffset at)
    {
        ConnectedAt = at;
        Volatile.Write(ref _isConnecting, 0);
    }
}
