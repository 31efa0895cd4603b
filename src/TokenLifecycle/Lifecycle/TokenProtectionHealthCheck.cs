using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Lifecycle;

/// <summary>
/// Unhealthy while nothing could be encrypted for the store, or not read again: the keys are gone or cannot be reached. Degraded while a change of the keys cannot be used, and those before it stay in use. What was stored under a key that is missing is the business of
/// <see cref="TokenStoreHealthCheck"/>. May read the keys, so it belongs to readiness and not to liveness.
/// </summary>
public sealed class TokenProtectionHealthCheck : IHealthCheck
{
    private const string Field = "probe";
    private const string Text = "a text of no importance";

    private static readonly TokenKey Probe = TokenKey.ForApplication("health-check");

    private readonly ITokenProtector? _protector;

    internal TokenProtectionHealthCheck(ITokenProtector? protector) => _protector = protector;

    /// <summary>Encrypts a text and reads it again.</summary>
    /// <param name="context">Not used.</param>
    /// <param name="cancellationToken">Not used: a protector cannot be interrupted.</param>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (_protector is null)
            return Task.FromResult(HealthCheckResult.Healthy("The library was told to encrypt nothing."));

        try
        {
            if (!string.Equals(_protector.Unprotect(Probe, Field, _protector.Protect(Probe, Field, Text)), Text, StringComparison.Ordinal))
                return Task.FromResult(HealthCheckResult.Unhealthy("What is encrypted is not what is read again: look at the protector."));
            return Task.FromResult((_protector as ITokenProtectorCheck)?.Check() is { Count: > 0 } problems
                ? Degraded(problems)
                : HealthCheckResult.Healthy("Tokens can be encrypted and read again."));
        }
        catch (Exception failure)
        {
            return Task.FromResult(HealthCheckResult.Unhealthy($"Tokens cannot be encrypted and read again; look at where the keys are kept. {failure.Message}", failure));
        }
    }

    private static HealthCheckResult Degraded(IReadOnlyList<TokenStoreProblem> problems) => HealthCheckResult.Degraded(
        $"The keys as they are now are not used; those read before still encrypt and read tokens, also if you replaced them because they leaked. {string.Join(" ", problems.Select(static problem => $"{problem.Subject}: {problem.Message} {problem.Remedy}"))}",
        data: problems.Where(static problem => problem.Remedy is not null).DistinctBy(static problem => problem.Subject, StringComparer.Ordinal).ToDictionary(static problem => problem.Subject, static problem => (object)problem.Remedy!, StringComparer.Ordinal));
}
