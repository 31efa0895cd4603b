namespace TrainingDashboard.Training;

/// <summary>Something to show; or why there is nothing.</summary>
public sealed record DataTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, string? Problem = null);
