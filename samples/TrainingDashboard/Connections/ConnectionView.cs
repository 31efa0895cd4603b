using TokenLifecycle;
using TrainingDashboard.Training;

namespace TrainingDashboard.Connections;

/// <summary>One connection of the user as the page shows it.</summary>
public sealed record ConnectionView(TokenKey Key, string Name, ConnectionStatus? Status, Advice Advice, IReadOnlyList<DataTable> Tables)
{
    public bool IsConnected => Status is { State: not TokenState.Missing };
}
