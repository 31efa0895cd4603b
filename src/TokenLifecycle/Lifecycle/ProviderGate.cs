using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// What is known of a provider as a whole, apart from any connection: it rejects the client (law 6), it asked for fewer calls (C11), it is down.
/// While one of these holds no refresh is begun.
/// </summary>
internal sealed class ProviderGate
{
    private static readonly TimeSpan BreakDuration = TimeSpan.FromSeconds(15);

    private readonly string _provider;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<TokenReply> _pipeline;
    private readonly CircuitBreakerStateProvider _breaker = new();
    private readonly MetAlike _unserved = new();
    private readonly ThrottledConnections _throttled;
    private long _brokenUntil;

    public ProviderGate(string provider, TimeProvider time, ILogger logger)
    {
        _provider = provider;
        _time = time;
        Rejections = new RejectionGuard(time);
        Client = new ClientStanding(time);
        _throttled = new ThrottledConnections(time);
        Evidence = new RefusalEvidence(time);
        Outages = new OutageWatch(time);
        _pipeline = new ResiliencePipelineBuilder<TokenReply> { TimeProvider = new MonotonicTime(time) }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<TokenReply>
            {
                StateProvider = _breaker,
                FailureRatio = 0.5,
                MinimumThroughput = 10,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = BreakDuration,
                // What one connection alone meets, however often, stops no other.
                ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Result is { } reply && IsProviderDown(reply) && _unserved.IsSeveral),
                OnOpened = arguments =>
                {
                    Volatile.Write(ref _brokenUntil, After(arguments.BreakDuration));
                    Outages.NoteDown();
                    Log.BreakerOpened(logger, provider, arguments.BreakDuration);
                    return default;
                },
            })
            .AddRetry(new RetryStrategyOptions<TokenReply>
            {
                // Law 8: only what surely was not sent is sent again.
                ShouldHandle = static arguments => ValueTask.FromResult(arguments.Outcome.Result is { Outcome: TokenOutcome.NotSent }),
                MaxRetryAttempts = 2,
                Delay = TimeSpan.FromMilliseconds(100),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            })
            .Build();
    }

    public RejectionGuard Rejections { get; }

    public OutageWatch Outages { get; }

    public RefusalEvidence Evidence { get; }

    public ClientStanding Client { get; }

    /// <summary>Whether requests go out as they come. If not, one at a time finds out whether they may again.</summary>
    public bool IsOpenToAll => !Client.IsRejected && _breaker.CircuitState is CircuitState.Closed;

    /// <summary>For how long nobody should try; zero if somebody may.</summary>
    public TimeSpan PauseFor(OAuthProviderOptions options)
    {
        Observe(options);
        return RefreshTiming.Max(Client.Pause, RefreshTiming.Max(_throttled.PauseForAll, RefreshTiming.Max(TimeSpan.Zero, Until(Volatile.Read(ref _brokenUntil)))));
    }

    /// <summary>Notes settings that were just read: what was known of a client that the operator has changed since says nothing of the new one.</summary>
    /// <returns>When this process saw the settings change; null if they are those that it began with.</returns>
    public DateTimeOffset? Observe(OAuthProviderOptions options)
    {
        if (Client.Observe(options))
            Evidence.Reset();
        return Client.ChangedAt;
    }

    /// <summary>Whether the breaker is open: too many requests failed, and none is made for a while.</summary>
    public bool IsBroken => Until(Volatile.Read(ref _brokenUntil)) > TimeSpan.Zero;

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
        if (Until(Volatile.Read(ref _brokenUntil)) is var broken && broken > TimeSpan.Zero)
            return RefreshResult.Unavailable(TokenFailureKind.ProviderUnavailable, broken);
        return null;
    }

    /// <summary>Asked last before a request is sent: while the client is rejected, one at a time finds out whether it still is. Null if this one may be sent.</summary>
    public RefreshResult? RefusalToSend() => Client.TryProbe() ? null : RefreshResult.ClientRejected(_provider, Client.Code);

    /// <summary>Sends one token request, unless the breaker is open.</summary>
    public async Task<TokenReply> SendAsync(TokenKey key, Func<Task<TokenReply>> request)
    {
        try
        {
            return await _pipeline.ExecuteAsync(
                static async (send, _) => send.Gate.NoteServed(send.Key, await send.Request().ConfigureAwait(false)),
                (Gate: this, Key: key, Request: request),
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (BrokenCircuitException)
        {
            // Open: wait until it lets one through. Half open: one is finding out just now, so ask again soon rather than after another break.
            TimeSpan broken = Until(Volatile.Read(ref _brokenUntil));
            return new TokenReply
            {
                Outcome = TokenOutcome.NotSent,
                RequestedAt = _time.GetUtcNow(),
                Failure = TokenFailureKind.ProviderUnavailable,
                Detail = "the provider's circuit is open",
                RetryAfter = broken > TimeSpan.Zero ? broken : null,
            };
        }
    }

    /// <summary>The provider asked a connection for fewer calls.</summary>
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

    /// <summary>The provider gave a connection new tokens: what others met is theirs.</summary>
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

    /// <summary>Whether every connection of the provider sends the same request, so that one answer speaks for all.</summary>
    private static bool IsSameForAll(OAuthProviderOptions options) => options.Grant == ConnectionGrant.ClientCredentials;

    private static bool IsProviderDown(TokenReply reply) =>
        reply.Outcome is TokenOutcome.NotSent or TokenOutcome.Unknown || reply is { Outcome: TokenOutcome.Refused, HttpStatus: >= 500 };

    private TimeSpan Until(long timestamp) => timestamp == 0 ? TimeSpan.Zero : _time.GetElapsedTime(_time.GetTimestamp(), timestamp);

    private long After(TimeSpan span) => _time.GetTimestamp() + (long)(span.TotalSeconds * _time.TimestampFrequency);
}
