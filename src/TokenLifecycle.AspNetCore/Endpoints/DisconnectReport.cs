namespace TokenLifecycle.AspNetCore;

/// <summary>The result of a disconnect, as JSON.</summary>
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
            RevocationOutcome.NotSupported => $"Disconnected. {provider} doesn't let this app revoke access. To remove it completely, also remove the app in your {provider} settings.",
            _ => $"Disconnected here. {provider} did not confirm it: withdraw access in your settings there too.",
        },
    };
}
