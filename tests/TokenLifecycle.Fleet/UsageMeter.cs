namespace TokenLifecycle.Fleet;

/// <summary>Who used the processors over a phase.</summary>
internal sealed class UsageMeter
{
    private readonly int[] _nodes;
    private readonly int _database;
    private readonly double[] _nodesBefore;
    private readonly double _databaseBefore;
    private readonly double _serverBefore;
    private readonly double _machineBefore;
    private readonly long _started = TimeProvider.System.GetTimestamp();

    public UsageMeter(IEnumerable<int> nodes, int database)
    {
        (_nodes, _database) = ([.. nodes], database);
        _nodesBefore = [.. _nodes.Select(Usage.SecondsOf)];
        _databaseBefore = Usage.SecondsOfFamily(database);
        _serverBefore = Usage.SecondsOf(Environment.ProcessId);
        _machineBefore = Usage.SecondsOfMachine();
    }

    public PhaseUsage Read()
    {
        double elapsed = TimeProvider.System.GetElapsedTime(_started).TotalSeconds;
        double[] nodes = [.. _nodes.Select((node, at) => Share(Usage.SecondsOf(node) - _nodesBefore[at]))];
        double database = Share(Usage.SecondsOfFamily(_database) - _databaseBefore);
        double server = Share(Usage.SecondsOf(Environment.ProcessId) - _serverBefore);
        double machine = Share(Usage.SecondsOfMachine() - _machineBefore);
        return new PhaseUsage
        {
            NodeCpu = nodes,
            NodeMegabytes = [.. _nodes.Select(static node => Math.Round(Usage.MegabytesOf(node)))],
            DatabaseCpu = database,
            DatabaseMegabytes = Math.Round(Usage.MegabytesOfFamily(_database)),
            ServerCpu = server,
            ServerMegabytes = Math.Round(Usage.MegabytesOf(Environment.ProcessId)),
            OthersCpu = Math.Round(Math.Max(0, machine - nodes.Sum() - database - server), 2),
            Processors = Environment.ProcessorCount,
            Seconds = elapsed,
        };

        double Share(double seconds) => Math.Round(seconds / elapsed, 3);
    }
}
