namespace TrainingDashboard.Connections;

/// <summary>What the one button of a connection does.</summary>
public enum Mend
{
    /// <summary>There is nothing to press.</summary>
    Nothing,

    Connect,

    TryAgain,
}
