namespace TokenLifecycle.Simulation;

/// <summary>What a user has granted, as the authorization server keeps it: a family of refresh tokens, of which one is live.</summary>
internal sealed class Grant(int id, TokenKey key, bool isOdd)
{
    public int Id => id;

    public TokenKey Key => key;

    /// <summary>Whether the server rejects the client for this one grant.</summary>
    public bool IsOdd => isOdd;

    /// <summary>Gets or sets the number of the live refresh token.</summary>
    public int Current { get; set; }

    /// <summary>Gets or sets why the grant has ended; null while it lives.</summary>
    public GrantEnd? End { get; set; }

    public List<Rotation> Rotations { get; } = [];

    /// <summary>Requests that wait for their answer.</summary>
    public List<TokenExchange> Open { get; } = [];

    /// <summary>Gets or sets the last request.</summary>
    public TokenExchange? Last { get; set; }

    /// <summary>When requests came, to bound their number.</summary>
    public Queue<long> Asked { get; } = new();

    public int Answered { get; private set; }

    private readonly List<int> _beside = [0];

    /// <summary>The number of the refresh token that came with an access token.</summary>
    public int RefreshTokenBeside(string accessToken) => _beside[AuthorizationServer.NumberOf(accessToken)];

    public string NextAccessToken(int beside)
    {
        _beside.Add(beside);
        return AccessToken(++Answered);
    }

    public string LatestAccessToken => AccessToken(Answered);

    /// <summary>Gets or sets why the grant was lost, as a letter of law 2; null if it was not.</summary>
    public char? Loss { get; set; }

    /// <summary>Gets or sets when the lease was taken for the request whose answer is lost. A store that went back later holds no trace of it.</summary>
    public long LostLeaseAt { get; set; }

    /// <summary>Gets or sets the process that the user connected at.</summary>
    public Life? ConnectedBy { get; set; }

    /// <summary>Gets or sets when the store first held it. Until then only the process that keeps it can know of it.</summary>
    public long? SavedFirstAt { get; set; }

    /// <summary>Gets or sets when tokens were last given for it.</summary>
    public long RefreshedAt { get; set; }

    public string RefreshToken(int number) => $"rt.g{id}.{number}";

    public string AccessToken(int number) => $"at.g{id}.{number}";

    public override string ToString() => $"g{id}";
}

internal enum GrantEnd
{
    RevokedByUser,
    Disconnected,
    Reused,
}

/// <summary>One replacement of a refresh token, and what became of the answers that hold the new one.</summary>
internal sealed class Rotation(Grant grant, int from, TokenExchange first, long at)
{
    public Grant Grant => grant;

    public int From => from;

    public int To => from + 1;

    public long At => at;

    /// <summary>Requests that were answered with the new refresh token; more than one only within the server's grace.</summary>
    public List<TokenExchange> Exchanges { get; } = [first];

    /// <summary>Those of them whose answer was in the process's socket, with the refresh token whole, before that process gave up.</summary>
    public List<TokenExchange> Reached { get; } = [];

    public long? StoredAt { get; set; }

    /// <summary>Gets or sets whether the store has gone back to a state before it was stored.</summary>
    public bool WasRolledBack { get; set; }
}

/// <summary>One token request of a process.</summary>
internal sealed class TokenExchange(Life life, long at)
{
    public Life Life => life;

    public long At => at;

    public string? RefreshToken { get; init; }

    /// <summary>Gets or sets whether an answer came that says what has become of the refresh token.</summary>
    public bool WasAnswered { get; set; }

    /// <summary>Gets or sets when the store gave this process the lease for it.</summary>
    public long LeasedAt { get; set; }

    /// <summary>Gets or sets whether the process no longer waits for an answer.</summary>
    public bool IsOver => OverAt is not null;

    /// <summary>Gets when it ceased to wait.</summary>
    public long? OverAt { get; private set; }

    public void End(long now) => OverAt ??= now;
}
