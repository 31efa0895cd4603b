namespace TokenLifecycle.Simulation;

/// <summary>Drops the faults of a run that fails, one by one, as long as it still fails, and says what is left.</summary>
internal sealed class Shrinker(Plan plan)
{
    public void Report()
    {
        RunOutcome whole = RunOutcome.Of(plan);
        if (whole.Violations.Count == 0)
        {
            Console.WriteLine($"Seed {plan.Seed} does not fail again: the run depends on something that the seed does not decide.");
            return;
        }

        Plan shortest = plan;
        RunOutcome last = whole;
        for (bool isShorter = true; isShorter;)
        {
            isShorter = false;
            foreach (Fault fault in shortest.Faults)
            {
                Plan less = shortest.With(shortest.Faults.Where(other => other != fault));
                RunOutcome outcome = RunOutcome.Of(less);
                if (outcome.Violations.Count == 0)
                    continue;
                (shortest, last, isShorter) = (less, outcome, true);
                break;
            }
        }

        Console.WriteLine($"--- trace of seed {plan.Seed} ---");
        Console.Write(whole.Trace);
        Console.WriteLine($"--- shortened: {shortest.Faults.Count} of {plan.Faults.Count} faults are enough ---");
        Console.Write(last.Trace);
        Console.WriteLine($"--- seed {plan.Seed}, faults that are enough ---");
        foreach (Fault fault in shortest.Faults)
            Console.WriteLine(fault);
        foreach (string violation in last.Violations)
            Console.WriteLine($"VIOLATION: {violation}");
    }
}
