namespace TrainingDashboard.Operators;

/// <summary>What is to be sent to a user.</summary>
public sealed record Mail(string UserId, DateTimeOffset At, string Text);
