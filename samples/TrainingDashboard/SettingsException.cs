namespace TrainingDashboard;

/// <summary>Thrown when the app cannot start with its settings.</summary>
internal sealed class SettingsException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<string> Problems => problems;
}
