namespace TrainingDashboard.Simulation;

/// <summary>The faults of a simulated provider.</summary>
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
