using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Health;

/// <summary>
/// Unhealthy while tokens cannot be encrypted or decrypted: the keys are missing or cannot be reached. Degraded while changed keys cannot
/// be used and the previous ones stay in use. Rows that were stored under a missing key are reported by
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
            return Task.FromResult(HealthCheckResult.Healthy("Token encryption is disabled."));

        try
        {
            if (!string.Equals(_protector.Unprotect(Probe, Field, _protector.Protect(Probe, Field, Text)), Text, StringComparison.Ordinal))
                return Task.FromResult(HealthCheckResult.Unhealthy("A text that was encrypted is different after decryption: check the protector."));
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
        $"The current keys cannot be used. The previous keys still encrypt and decrypt tokens, even if you replaced them because they leaked. {string.Join(" ", problems.Select(static problem => $"{problem.Subject}: {problem.Message} {problem.Remedy}"))}",
        data: problems.Where(static problem => problem.Remedy is not null).DistinctBy(static problem => problem.Subject, StringComparer.Ordinal).ToDictionary(static problem => problem.Subject, static problem => (object)problem.Remedy!, StringComparer.Ordinal));
}
