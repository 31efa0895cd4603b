using Microsoft.Extensions.Logging;
using TokenLifecycle.Concurrency;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;

namespace TokenLifecycle.Providers;

/// <summary>
/// What is known of a provider as a whole, apart from any connection: it rejects the client (law 6), it asked for fewer calls (C11), it is
/// down. While one of these holds no refresh is begun.
/// </summary>
internal sealed class ProviderCircuit
{
    /// <summary>How often a request that was certainly not sent is repeated (law 8).</summary>
    private const int MoreTries = 2;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    private readonly string _provider;
    private readonly WorkScheduler _work;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CircuitBreaker _breaker;
    private readonly MetAlike _unserved = new();
    private readonly ThrottledConnections _throttled;

    public ProviderCircuit(string provider, WorkScheduler work, TimeProvider time, ILogger logger)
    {
        _provider = provider;
        _work = work;
        _time = time;
        _logger = logger;
        _breaker = new CircuitBreaker(time);
        Rejections = new RejectionDetector(time);
        Client = new ClientStanding(time);
        _throttled = new ThrottledConnections(time);
        Evidence = new RefusalEvidence(time);
        Outages = new OutageDetector(time);
    }

    public RejectionDetector Rejections { get; }

    public OutageDetector Outages { get; }

    public RefusalEvidence Evidence { get; }

    public ClientStanding Client { get; }

    /// <summary>Whether requests go out as they come. If not, one at a time finds out whether they may again.</summary>
    public bool IsOpenToAll => !Client.IsRejected && _breaker.IsClosed;

    /// <summary>For how long no request should be made; zero if a request may be made.</summary>
    public TimeSpan PauseFor(OAuthProviderOptions options)
    {
        Observe(options);
        return RefreshTiming.Max(Client.Pause, RefreshTiming.Max(_throttled.PauseForAll, _breaker.Pause));
    }

    /// <summary>
    /// Records settings that were just read. If the operator has changed them, the evidence about the previous client is discarded.
    /// </summary>
    /// <returns>When this process detected that the settings changed; null if they are the initial ones.</returns>
    public DateTimeOffset? Observe(OAuthProviderOptions options)
    {
        if (Client.Observe(options))
            Evidence.Reset();
        return Client.ChangedAt;
    }

    /// <summary>Whether the breaker is open: too many requests failed, and none is made for a while.</summary>
    public bool IsBroken => _breaker.Pause > TimeSpan.Zero;

    /// <summary>Whether the provider asked for fewer calls, so that none is made for a while.</summary>
    public bool IsThrottled => _throttled.PauseForAll > TimeSpan.Zero;

    /// <summary>Whether rejections of grants are not believed because there are so many at once.</summary>
    public bool IsHoldingVerdicts => Rejections.IsHolding || Evidence.IsHolding;

    /// <summary>Says why no request may be made now; null if one may.</summary>
    public RefreshResult? Refusal(OAuthProviderOptions options)
    {
        Observe(options);
        if (Client.Pause > TimeSpan.Zero)
            return RefreshResult.ClientRejected(_provider, Client.Code);
        if (_throttled.PauseForAll is var throttled && throttled > TimeSpan.Zero)
            return RefreshResult.Unavailable(TokenFailureKind.RateLimited, throttled);
        if (_breaker.Pause is var broken && broken > TimeSpan.Zero)
            return RefreshResult.Unavailable(TokenFailureKind.ProviderUnavailable, broken);
        return null;
    }

    /// <summary>
    /// Returns why the request may not be sent; null if it may. Called last before a request is sent: while the client is rejected, one
    /// request at a time probes whether it still is.
    /// </summary>
    public RefreshResult? RefusalToSend() => Client.TryProbe() ? null : RefreshResult.ClientRejected(_provider, Client.Code);

    /// <summary>Sends one token request, unless the breaker is open.</summary>
    public async Task<TokenReply> SendAsync(TokenKey key, Func<Task<TokenReply>> request)
    {
        if (!_breaker.TryEnter())
        {
            // The circuit is open: wait until it lets a probe through or, while a probe is in progress, for its outcome.
            TimeSpan broken = _breaker.Pause;
            return new TokenReply
            {
                Outcome = TokenOutcome.NotSent,
                RequestedAt = _time.GetUtcNow(),
                Failure = TokenFailureKind.ProviderUnavailable,
                Detail = "the provider's circuit is open",
                RetryAfter = broken > TimeSpan.Zero ? broken : null,
            };
        }

        TokenReply reply = NoteServed(key, await request().ConfigureAwait(false));
        for (int tries = 0; tries < MoreTries && reply.Outcome == TokenOutcome.NotSent; tries++)
        {
            await Task.Delay(FirstPause * Math.Pow(2, tries) * (0.5 + _work.NextDouble()), _time).ConfigureAwait(false);
            reply = NoteServed(key, await request().ConfigureAwait(false));
        }

        // A failure of only one connection, however often, blocks no other.
        if (_breaker.Note(failed: IsProviderDown(reply) && _unserved.IsSeveral))
        {
            Outages.NoteDown();
            Log.BreakerOpened(_logger, _provider, CircuitBreaker.BreakDuration);
        }

        return reply;
    }

    /// <summary>Records that the provider throttled a connection.</summary>
    /// <returns>The connection's own pause.</returns>
    public TimeSpan Throttle(TokenKey key, OAuthProviderOptions options, TimeSpan? retryAfter)
    {
        (TimeSpan pause, bool forAll) = _throttled.Note(key, retryAfter, IsSameForAll(options));
        if (forAll)
            Outages.NoteDown();
        return pause;
    }

    /// <inheritdoc cref="ClientStanding.Reject"/>
    public (bool IsClosed, bool IsNews) RejectClient(TokenKey key, OAuthProviderOptions options, string? errorCode, bool isOnly)
    {
        (bool closed, bool news) = Client.Reject(key, options, errorCode, isOnly || IsSameForAll(options));
        if (closed)
            Outages.NoteDown();
        return (closed, news);
    }

    /// <inheritdoc cref="ClientStanding.Accept"/>
    public bool AcceptClient()
    {
        Outages.NoteUp();
        return Client.Accept();
    }

    /// <summary>Records a successful refresh: earlier failures of other connections are about those connections.</summary>
    public void NoteSuccess(TokenKey key, long began)
    {
        Rejections.Note(key, rejected: false);
        Evidence.Succeeded(key, began);
        _throttled.Served();
    }

    private TokenReply NoteServed(TokenKey key, TokenReply reply)
    {
        if (IsProviderDown(reply))
            _unserved.Note(key);
        else
            _unserved.Clear();
        return reply;
    }

    /// <summary>Returns whether every connection of the provider sends the same request, so that one response applies to all.</summary>
    private static bool IsSameForAll(OAuthProviderOptions options) => options.GrantType == OAuthGrantType.ClientCredentials;

    private static bool IsProviderDown(TokenReply reply) =>
        reply.Outcome is TokenOutcome.NotSent or TokenOutcome.Unknown || reply is { Outcome: TokenOutcome.Refused, HttpStatus: >= 500 };
}
