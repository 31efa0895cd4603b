using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.State;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Health;

/// <summary>
/// Looks at the store before the app serves anybody. Needs the store access only so that a store without protection is found on start as
/// well.
/// </summary>
internal sealed class StoreCheckOnStart(StoreCheck check, StoreAccess access, IOptionsMonitor<TokenLifecycleOptions> options, ILogger<ITokenManager> logger) : IHostedService
{
    /// <summary>A start may wait longer than a call: it makes several, and the first connection of a process to its database.</summary>
    private const int Calls = 3;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _ = access;
        StoreCheckMode mode = options.CurrentValue.CheckStoreOnStart;
        if (mode == StoreCheckMode.Off)
            return;

        IReadOnlyList<TokenStoreProblem> problems = await check.RunAsync(Calls, cancellationToken).ConfigureAwait(false);
        foreach (TokenStoreProblem problem in problems)
            Log.StoreUnfit(logger, problem.Subject, problem.Message, problem.Remedy ?? "see the message.");
        if (mode == StoreCheckMode.Fail && problems.Any(static problem => !problem.IsConfined))
            throw new TokenStoreNotReadyException(problems);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
