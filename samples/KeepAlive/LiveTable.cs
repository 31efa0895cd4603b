using TokenLifecycle;

namespace KeepAlive;

/// <summary>Shows the state of the connections: in place on a terminal, line by line elsewhere.</summary>
internal sealed class LiveTable(ITokenManager tokens, Tally tally, TimeProvider time, IReadOnlyList<TokenKey> keys)
{
    private static readonly bool OnTerminal = !Console.IsOutputRedirected;
    private int _drawn;

    public async Task DrawAsync(TimeSpan left, CancellationToken cancellationToken)
    {
        List<string> lines = [$"{"connection",-28} {"state",-13} {"expires in",-11} refreshes"];
        foreach (TokenKey key in keys)
        {
            ConnectionStatus status = await tokens.GetStatusAsync(key, cancellationToken);
            string expires = status.ExpiresAt is { } at ? $"{Math.Max(0, (at - time.GetUtcNow()).TotalSeconds):0.0} s" : "unknown";
            lines.Add($"{key,-28} {status.State,-13} {expires,-11} {tally.RefreshesOf(key.Provider)}");
        }

        lines.Add($"calls {tally.Calls}, failed {tally.FailedCalls}, {Math.Max(0, left.TotalSeconds):0} s to go");
        if (tally.LastProblem is { } problem)
            lines.Add($"last problem: {problem}");

        if (OnTerminal && _drawn > 0)
            Console.Write($"\e[{_drawn}A");
        foreach (string line in lines)
            Console.WriteLine(OnTerminal ? $"{line}\e[K" : line);
        _drawn = lines.Count;
    }
}
