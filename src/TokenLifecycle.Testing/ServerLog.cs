namespace TokenLifecycle.Testing;

/// <summary>
/// What happened at the server: the oracle of a test. Entries are only ever added; every property is a copy made in one moment.
/// </summary>
public sealed class ServerLog
{
    private readonly Lock _lock = new();
    private readonly List<RecordedRequest> _requests = [];
    private readonly List<TokenRequestEntry> _tokenRequests = [];
    private readonly List<RevocationEntry> _revocations = [];
    private readonly List<ApiCallEntry> _apiCalls = [];
    private readonly Dictionary<string, int> _presentations = new(StringComparer.Ordinal);

    internal ServerLog()
    {
    }

    /// <summary>Every request, whole, in the order of arrival. These hold secrets.</summary>
    public IReadOnlyList<RecordedRequest> Requests => Copy(_requests);

    /// <summary>The token requests, in the order in which they took effect.</summary>
    public IReadOnlyList<TokenRequestEntry> TokenRequests => Copy(_tokenRequests);

    /// <summary>The token requests that sent a refresh token.</summary>
    public IReadOnlyList<TokenRequestEntry> RefreshRequests => [.. TokenRequests.Where(request => request.GrantType == "refresh_token")];

    /// <summary>The revocations.</summary>
    public IReadOnlyList<RevocationEntry> Revocations => Copy(_revocations);

    /// <summary>The calls of the protected API.</summary>
    public IReadOnlyList<ApiCallEntry> ApiCalls => Copy(_apiCalls);

    /// <summary>
    /// How many refresh tokens were sent after they had been consumed, outside of the grace. A careful client keeps this at 0.
    /// </summary>
    public int ReusedRefreshTokens => TokenRequests
        .Where(request => request is { Outcome: TokenRequestOutcome.ReuseDetected, RefreshTokenFingerprint: not null })
        .DistinctBy(request => request.RefreshTokenFingerprint, StringComparer.Ordinal)
        .Count();

    /// <summary>How often the most used refresh token was sent, dropped and faulted requests included.</summary>
    public int MaxPresentations
    {
        get { lock (_lock) return _presentations.Count == 0 ? 0 : _presentations.Values.Max(); }
    }

    /// <summary>How many families the server revoked because something was used twice.</summary>
    public int FamiliesRevoked => TokenRequests.Count(request => request.RevokedFamily);

    /// <summary>How many entries of each kind there are.</summary>
    public override string ToString()
    {
        lock (_lock)
            return $"{_tokenRequests.Count} token requests, {_revocations.Count} revocations, {_apiCalls.Count} API calls";
    }

    internal void Add(RecordedRequest request) => Append(_requests, request);

    internal void Add(RevocationEntry entry) => Append(_revocations, entry);

    internal void Add(ApiCallEntry entry) => Append(_apiCalls, entry);

    internal void Add(TokenRequestEntry entry)
    {
        lock (_lock)
        {
            if (entry.RefreshTokenFingerprint is { } token)
                entry.AttemptCount = _presentations[token] = _presentations.GetValueOrDefault(token) + 1;
            _tokenRequests.Add(entry);
        }
    }

    private void Append<T>(List<T> list, T item)
    {
        lock (_lock) list.Add(item);
    }

    private T[] Copy<T>(List<T> list)
    {
        lock (_lock) return [.. list];
    }
}
