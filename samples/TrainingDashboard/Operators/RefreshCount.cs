namespace TrainingDashboard.Operators;

/// <summary>The number of successful and failed refreshes in one interval.</summary>
public sealed record RefreshCount(int Succeeded, int Failed);
