namespace TrainingDashboard.Operators;

/// <summary>An email to a user.</summary>
public sealed record Mail(string UserId, DateTimeOffset At, string Text);
