namespace TokenLifecycle.AspNetCore;

/// <summary>What became of a connection that was ended, as JSON.</summary>
internal sealed class DisconnectReport
{
    /// <summary>One of the names of <see cref="RevocationOutcome"/>.</summary>
    public required string AtProvider { get; init; }

    public required string Text { get; init; }

    public static DisconnectReport Of(RevocationOutcome outcome, string provider) => new()
    {
        AtProvider = outcome.ToString(),
        Text = outcome switch
        {
            RevocationOutcome.NotConnected => "There was no connection.",
            RevocationOutcome.Revoked => $"Disconnected. {provider} has confirmed that access is withdrawn.",
            RevocationOutcome.NotSupported => $"Disconnected here. {provider} cannot be told by us: withdraw access in your settings there.",
            _ => $"Disconnected here. {provider} did not confirm it: withdraw access in your settings there too.",
        },
    };
}
