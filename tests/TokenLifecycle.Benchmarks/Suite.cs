using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace TokenLifecycle.Benchmarks;

/// <summary>Runs the benchmarks in this process, each group against its reference.</summary>
internal static class Suite
{
    private static readonly (Type Group, string Reference)[] Groups =
    [
        (typeof(WarmGets), nameof(WarmGets.Limit)),
        (typeof(Handlers), nameof(Handlers.StaticHeader)),
        (typeof(ColdGets), nameof(ColdGets.PlainQuery)),
        (typeof(Refreshes), nameof(Refreshes.PlainPost)),
        (typeof(Protection), nameof(Protection.Protect)),
    ];

    /// <param name="say">Is told how far it is.</param>
    /// <param name="only">One group; null for all.</param>
    public static IEnumerable<Figure> Run(Action<string> say, string? only = null)
    {
        IConfig config = ManualConfig.CreateEmpty()
            .AddJob(Job.Default.WithToolchain(new InProcessEmitToolchain(TimeSpan.FromMinutes(10), logOutput: false)).WithGcForce(false).WithWarmupCount(10).WithIterationCount(12).WithIterationTime(TimeInterval.FromMilliseconds(200)))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddLogger(NullLogger.Instance)
            .WithArtifactsPath(Path.Combine("artifacts", "benchmarks"))
            .WithOptions(ConfigOptions.DisableLogFile);
        foreach ((Type group, string reference) in Groups.Where(group => only is null || group.Group.Name == only))
        {
            Summary summary = BenchmarkRunner.Run(group, config);
            if (summary.HasCriticalValidationErrors || summary.Reports.Any(static report => !report.Success))
                throw new InvalidOperationException($"{group.Name} failed: {string.Join(' ', summary.ValidationErrors.Select(static error => error.Message))} {string.Join(' ', summary.Reports.SelectMany(static report => report.ExecuteResults).SelectMany(static result => result.Errors))}");

            double limit = Nanoseconds(summary.Reports.Single(report => NameOf(report) == reference));
            foreach (BenchmarkReport report in summary.Reports)
            {
                double time = Nanoseconds(report);
                long bytes = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? throw new InvalidOperationException("Nothing was measured of the memory.");
                yield return new Figure($"{group.Name}.{NameOf(report)}", Math.Round(time, 1), bytes, $"{group.Name}.{reference}", Math.Round(time / limit, 3));
            }

            say($"{group.Name} is measured");
        }
    }

    private static string NameOf(BenchmarkReport report) => report.BenchmarkCase.Descriptor.WorkloadMethod.Name;

    private static double Nanoseconds(BenchmarkReport report) => report.ResultStatistics!.Median;
}
