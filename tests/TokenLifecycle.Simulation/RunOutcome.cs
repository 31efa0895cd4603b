namespace TokenLifecycle.Simulation;

/// <summary>What one seed came to.</summary>
internal sealed record RunOutcome(ulong Seed, int Steps, int Faults, string Hash, IReadOnlyList<string> Violations, int[] Lost, int LostBesideMemory, IReadOnlyList<string> Losses, string Trace)
{
    public static RunOutcome Of(Plan plan)
    {
        using var world = new World(plan);
        world.Run();
        return new RunOutcome(plan.Seed, world.Scheduler.Steps, world.FaultsMet, world.Trace.Hash, world.Oracle.Violations, world.Oracle.Lost, world.Oracle.LostBesideMemory, world.Oracle.Losses, world.Trace.Text);
    }
}
