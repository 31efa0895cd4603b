namespace TokenLifecycle.AspNetCore.Tests.Diagnostics;

/// <summary>A pipeline collects the meters of the whole process: those of other tests must not be measured, nor their connections counted, while one is at work.</summary>
[CollectionDefinition(nameof(OpenTelemetryTests), DisableParallelization = true)]
public sealed class OpenTelemetryCollection;
