namespace TokenLifecycle.Providers;

/// <summary>
/// The reasons for which no request is made to a provider, by the names under which the gauge and the health check report them.
/// </summary>
internal static class ProviderBlocks
{
    public static IEnumerable<(string Reason, bool Holds)> Of(ProviderCircuit gate) =>
    [
        ("client_rejected", gate.Client.IsRejected),
        ("circuit_open", gate.IsBroken),
        ("throttled", gate.IsThrottled),
        ("verdicts_held", gate.IsHoldingVerdicts),
    ];
}
