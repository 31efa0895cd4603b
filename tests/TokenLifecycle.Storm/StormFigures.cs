using System.Globalization;
using System.Text.Json;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Storm;

/// <summary>What the callers got and what the server saw.</summary>
internal sealed class StormFigures(StormOptions options, SimulatedAuthorizationServer server)
{
    private readonly List<TimeSpan> _times = [];
    private int _requests;
    private int _unevenRounds;
    private int _wrongTokens;
    private int _falseReauthorizations;
    private int _errors;

    public string Json => JsonSerializer.Serialize(new
    {
        rounds = options.Rounds,
        token_requests = _requests,
        reused_refresh_tokens = server.Log.ReusedRefreshTokens,
        wrong_tokens = _wrongTokens,
        false_reauthorizations = _falseReauthorizations,
        errors = _errors,
    });

    /// <summary>A round with two requests is not made good by one with none.</summary>
    public bool IsKept => _requests == options.Rounds && _unevenRounds == 0 && server.Log.ReusedRefreshTokens == 0 && _wrongTokens == 0 && _falseReauthorizations == 0 && _errors == 0;

    public string Details
    {
        get
        {
            TimeSpan[] sorted = [.. _times.Order()];
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{_times.Count} rounds, {_unevenRounds} without exactly one token request; until the last caller had the token: p50 {At(sorted, 0.5):0} ms, p99 {At(sorted, 0.99):0} ms, longest {At(sorted, 1):0} ms");
        }
    }

    /// <summary>Adds a round.</summary>
    /// <param name="outcome">What its callers got.</param>
    /// <param name="time">From the start to the last answer.</param>
    public void Add(RoundOutcome outcome, TimeSpan time)
    {
        int requests = server.Log.TokenRequests.Count;
        if (requests != _requests + 1)
            _unevenRounds++;
        _requests = requests;
        _times.Add(time);

        // Every token but the newest is older than it lives, so the only right answer is the one that the server still honours.
        _wrongTokens += outcome.Tokens.Where(token => !server.IsLive(token.Key)).Sum(static token => token.Value);
        _falseReauthorizations += outcome.Reauthorizations;
        _errors += outcome.Errors;
        int answers = outcome.Tokens.Values.Sum() + outcome.Reauthorizations + outcome.Errors;
        int callers = options.Callers * Math.Max(1, options.Nodes);
        if (answers != callers)
            throw new InvalidOperationException($"{callers} callers asked, and {answers} were answered.");

        int round = _times.Count;
        if (round % 10 == 0 || round == options.Rounds || !IsEven)
            Console.Error.WriteLine($"round {round}/{options.Rounds}: {_requests} token requests, {_wrongTokens} wrong tokens, {_falseReauthorizations} false reauthorizations, {_errors} errors");
    }

    private bool IsEven => _requests == _times.Count && _wrongTokens + _falseReauthorizations + _errors == 0;

    private static double At(TimeSpan[] sorted, double quantile) => sorted[(int)Math.Ceiling(quantile * sorted.Length) - 1].TotalMilliseconds;
}
