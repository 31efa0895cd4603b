using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Health;

/// <summary>
/// Unhealthy while the token store cannot be used: it cannot be reached, a column is missing, a folder cannot be written. Degraded while
/// rows cannot be read: damaged files, and rows that a caller needed and whose key is missing. Asks the store, so it belongs to readiness
/// and not to liveness. Add it with <c>services.AddHealthChecks().AddCheck&lt;TokenStoreHealthCheck&gt;("token-store")</c>.
/// </summary>
public sealed class TokenStoreHealthCheck : IHealthCheck
{
    private readonly StoreCheck _check;

    internal TokenStoreHealthCheck(StoreCheck check) => _check = check;

    /// <summary>States what is wrong with the store; how to fix it is in the data, by the name of the object.</summary>
    /// <param name="context">Not used.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<TokenStoreProblem> problems = await _check.RunAsync(calls: 1, cancellationToken).ConfigureAwait(false);
        if (problems.Count == 0)
            return HealthCheckResult.Healthy("The token store is fit for use.");

        var remedies = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (TokenStoreProblem problem in problems)
        {
            if (problem.Remedy is { } remedy)
                remedies[problem.Subject] = remedies.TryGetValue(problem.Subject, out object? before) ? $"{before}{Environment.NewLine}{remedy}" : remedy;
        }

        string description = string.Join(" ", problems.Select(static problem => $"{problem.Subject}: {problem.Message}"));
        return problems.All(static problem => problem.IsConfined) ? HealthCheckResult.Degraded(description, data: remedies) : HealthCheckResult.Unhealthy(description, data: remedies);
    }
}
