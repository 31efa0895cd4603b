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
    public static readonly TimeSpan ClientProbeInterval = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan BreakDuration = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan DefaultThrottle = TimeSpan.FromSeconds(60);

    private readonly string _provider;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<TokenReply> _pipeline;
    private readonly CircuitBreakerStateProvider _breaker = new();
    private readonly Lock _lock = new();
    private long _throttledUntil;
    private long _brokenUntil;
    private OAuthProviderOptions? _rejectedOptions;
    private string? _rejectedCode;
    private long _nextProbe;

    public ProviderGate(string provider, TimeProvider time, ILogger logger)
    {
        _provider = provider;
        _time = time;
        Rejections = new RejectionGuard(time);
        Outages = new OutageWatch(time);
        _pipeline = new ResiliencePipelineBuilder<TokenReply> { TimeProvider = new MonotonicTime(time) }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<TokenReply>
            {
                StateProvider = _breaker,
                FailureRatio = 0.5,
                MinimumThroughput = 10,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = BreakDuration,
                ShouldHandle = static arguments => ValueTask.FromResult(arguments.Outcome.Result is { } reply && IsProviderDown(reply)),
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

    public SuspicionGuard Suspicions { get; } = new();

    public bool IsClientRejected
    {
        get
        {
            lock (_lock)
                return _rejectedOptions is not null;
        }
    }

    /// <summary>Whether requests go out as they come. If not, one at a time finds out whether they may again.</summary>
    public bool IsOpenToAll => !IsClientRejected && _breaker.CircuitState is CircuitState.Closed;

    /// <summary>For how long nobody should try; zero if somebody may.</summary>
    public TimeSpan PauseFor(OAuthProviderOptions options)
    {
        lock (_lock)
        {
            TimeSpan rejected = ReferenceEquals(_rejectedOptions, options) ? Until(_nextProbe) : TimeSpan.Zero;
            return RefreshTiming.Max(TimeSpan.Zero, RefreshTiming.Max(rejected, RefreshTiming.Max(Until(_throttledUntil), Until(Volatile.Read(ref _brokenUntil)))));
        }
    }

    /// <summary>Whether the breaker is open: too many requests failed, and none is made for a while.</summary>
    public bool IsBroken => Until(Volatile.Read(ref _brokenUntil)) > TimeSpan.Zero;

    /// <summary>Whether the provider asked for fewer calls, so that none is made for a while.</summary>
    public bool IsThrottled => Until(Volatile.Read(ref _throttledUntil)) > TimeSpan.Zero;

    /// <summary>Whether rejections of grants are not believed because there are so many at once.</summary>
    public bool IsHoldingVerdicts => Rejections.IsHolding || Suspicions.IsHolding;

    /// <summary>Says why no request may be made now; null if one may.</summary>
    public RefreshResult? Refusal(OAuthProviderOptions options)
    {
        lock (_lock)
        {
            // Reloaded settings are a new instance: the operator has mended something, so try at once (C8).
            if (_rejectedOptions is not null && ReferenceEquals(_rejectedOptions, options))
            {
                if (Until(_nextProbe) > TimeSpan.Zero)
                    return ClientRejectedResult();
                _nextProbe = After(ClientProbeInterval); // One caller probes, the others go on waiting.
            }

            if (Until(_throttledUntil) is var throttled && throttled > TimeSpan.Zero)
                return RefreshResult.Unavailable(TokenFailureKind.RateLimited, throttled);
            if (Until(Volatile.Read(ref _brokenUntil)) is var broken && broken > TimeSpan.Zero)
                return RefreshResult.Unavailable(TokenFailureKind.ProviderUnavailable, broken);
            return null;
        }
    }

    /// <summary>Sends one token request, unless the breaker is open.</summary>
    public async Task<TokenReply> SendAsync(Func<Task<TokenReply>> request)
    {
        try
        {
            return await _pipeline.ExecuteAsync(
                static async (send, _) => await send().ConfigureAwait(false), request, CancellationToken.None).ConfigureAwait(false);
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

    /// <summary>The provider asked for fewer calls: nobody calls it until then.</summary>
    public TimeSpan Throttle(TimeSpan? retryAfter)
    {
        lock (_lock)
        {
            TimeSpan pause = retryAfter ?? DefaultThrottle;
            _throttledUntil = Math.Max(_throttledUntil, After(pause));
            Outages.NoteDown();
            return pause;
        }
    }

    /// <summary>The provider rejected the client.</summary>
    /// <returns>Whether that is news.</returns>
    public bool RejectClient(OAuthProviderOptions options, string? errorCode)
    {
        lock (_lock)
        {
            bool news = _rejectedOptions is null;
            _rejectedOptions = options;
            _rejectedCode = errorCode;
            _nextProbe = After(ClientProbeInterval);
            Outages.NoteDown();
            return news;
        }
    }

    /// <summary>The provider answered in a way that shows that it knows the client.</summary>
    /// <returns>Whether that is news.</returns>
    public bool AcceptClient()
    {
        lock (_lock)
        {
            bool news = _rejectedOptions is not null;
            _rejectedOptions = null;
            Outages.NoteUp();
            return news;
        }
    }

    public RefreshResult ClientRejectedResult() => RefreshResult.Misconfigured(
        ProviderConfigurationReason.ClientRejected,
        $"Provider {_provider} rejects this application{(_rejectedCode is null ? "" : $" ({_rejectedCode})")}. Check ClientId, ClientSecret, Scopes and TokenEndpoint of AddProvider(\"{_provider}\") against the provider's developer console. No connection was changed; all of them resume by themselves once the settings are right.");

    private static bool IsProviderDown(TokenReply reply) =>
        reply.Outcome is TokenOutcome.NotSent or TokenOutcome.Unknown || reply is { Outcome: TokenOutcome.Refused, HttpStatus: >= 500 };

    private TimeSpan Until(long timestamp) => timestamp == 0 ? TimeSpan.Zero : _time.GetElapsedTime(_time.GetTimestamp(), timestamp);

    private long After(TimeSpan span) => _time.GetTimestamp() + (long)(span.TotalSeconds * _time.TimestampFrequency);
}
