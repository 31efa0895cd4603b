namespace TrainingDashboard.Connections;

/// <summary>What the one button of a connection does.</summary>
public enum CardAction
{
    /// <summary>There is no button.</summary>
    Nothing,

    Connect,

    TryAgain,
}
