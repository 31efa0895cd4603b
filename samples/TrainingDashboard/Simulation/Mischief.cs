namespace TrainingDashboard.Simulation;

/// <summary>What a simulated provider can be told to do.</summary>
internal enum Mischief
{
    None,
    Outage,
    RateLimit,
    Html,
    LostAnswer,
    ForgetAccess,
    Revoke,
}
