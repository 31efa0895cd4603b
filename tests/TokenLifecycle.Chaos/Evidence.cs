using System.Collections.Concurrent;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Chaos;

/// <summary>What is known from the server's log and the store alone, never from the library's own word.</summary>
internal sealed class Evidence(SimulatedAuthorizationServer server, IServiceProvider app)
{
    private readonly ConcurrentQueue<(string User, DateTimeOffset At)> _saves = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _presenters = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _dead = new(StringComparer.Ordinal);
    private int _lost;
    private int _false;
    private int _mislabelled;
    private int _foreign;
    private int _rejected;

    public int Lost => _lost;

    public int False => _false;

    /// <summary>True losses that the library gave another name.</summary>
    public int Mislabelled => _mislabelled;

    public int Foreign => _foreign;

    public ConcurrentDictionary<string, int> Errors { get; } = new(StringComparer.Ordinal);

    public void Saved(string user, DateTimeOffset at) => _saves.Enqueue((user, at));

    /// <summary>Whether the API took the token; a token of another account is counted.</summary>
    public bool UsedBy(Connection connection, string account)
    {
        if (account == connection.User.AccountId)
            return true;
        if (account.StartsWith("HTTP-", StringComparison.Ordinal))
            Interlocked.Increment(ref _rejected);
        else
            Interlocked.Increment(ref _foreign);
        return false;
    }

    /// <summary>Writes down which worker presents which refresh token.</summary>
    public void Overhear(RecordedRequest request)
    {
        if (QueryHelpers.ParseQuery(request.Body).TryGetValue("refresh_token", out StringValues token))
            _presenters.GetOrAdd(TokenFingerprint.Of(token.ToString()), static _ => new ConcurrentQueue<string>()).Enqueue(request.Header(WorkerSettings.WorkerHeader) ?? "nobody");
    }

    public void Killed(WorkerProcess worker) => _dead[worker.Id] = 0;

    /// <summary>
    /// A verdict is true only if the server has issued tokens for the stored refresh token to a process that died before it could save them. Who asked is what counts, not
    /// when: a server may carry out a request after its sender's death. Anything else is a false one.
    /// </summary>
    public async Task LookIntoAsync(Connection connection, string reason)
    {
        string stored = TokenFingerprint.Of(await StoredRefreshTokenAsync(connection));
        List<TokenRequestEntry> answers = [.. server.Log.RefreshRequests.Where(request => request.RefreshTokenFingerprint == stored)];
        int issued = answers.FindIndex(static answer => answer.Outcome == TokenRequestOutcome.Issued);
        if (issued < 0 || !_dead.ContainsKey(_presenters[stored].ElementAt(issued)))
            Interlocked.Increment(ref _false);
        else if (reason == nameof(ReauthorizationReason.LostRotation))
            Interlocked.Increment(ref _lost);
        else
            Interlocked.Increment(ref _mislabelled);
    }

    /// <summary>O2: the stored refresh token is the server's live one.</summary>
    public async Task<bool> IsIntactAsync(Connection connection) => server.IsLive(await StoredRefreshTokenAsync(connection));

    /// <summary>From the server's rotation to the acknowledged commit: a crash in there loses the new tokens unless the server forgives.</summary>
    public IReadOnlyList<TimeSpan> Windows()
    {
        ILookup<string?, TokenRequestEntry> answers = server.Log.RefreshRequests.Where(static request => request.Outcome is TokenRequestOutcome.Issued or TokenRequestOutcome.Repeated)
            .ToLookup(static request => request.User);
        var windows = new List<TimeSpan>();
        foreach ((string user, DateTimeOffset at) in _saves)
        {
            // What was saved after a crash came from a second presentation, and says nothing of the window.
            if (answers[user].LastOrDefault(answer => answer.Time <= at) is { Outcome: TokenRequestOutcome.Issued } rotation)
                windows.Add(at - rotation.Time);
        }

        windows.Sort();
        return windows;
    }

    public override string ToString() => $"lost {_lost}, false {_false}, mislabelled {_mislabelled}, foreign {_foreign}, rejected by the API {_rejected}, errors [{string.Join(", ", Errors.Select(static e => $"{e.Key} {e.Value}"))}]";

    private async Task<string> StoredRefreshTokenAsync(Connection connection)
    {
        StoredToken row = await app.GetRequiredService<ITokenStore>().FindAsync(connection.Key, CancellationToken.None)
            ?? throw new InvalidOperationException($"The row of {connection.Key} is gone: nothing here deletes.");
        return app.GetRequiredService<ITokenProtector>().Unprotect(connection.Key, "refresh_token", row.Tokens.RefreshToken!);
    }
}
