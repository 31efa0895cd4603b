namespace TrainingDashboard.Operators;

/// <summary>How many refreshes of one slice of time succeeded, and how many failed.</summary>
public sealed record RefreshCount(int Succeeded, int Failed);
