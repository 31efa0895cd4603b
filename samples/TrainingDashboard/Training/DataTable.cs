namespace TrainingDashboard.Training;

/// <summary>A table of data, or the reason why there is none.</summary>
public sealed record DataTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, string? Problem = null);
