namespace TokenLifecycle.Storage;

/// <summary>Reports that another process writes to the distributed cache.</summary>
internal sealed class AnotherWriterException(TimeSpan abandonedAfter) : InvalidOperationException(
    "Another process is writing tokens to this distributed cache, and a cache cannot keep two writers from overwriting each other's refresh tokens. "
    + "Run one process only, or use a store with compare-and-swap: UseEntityFrameworkStore(). "
    + $"If the other process has crashed, this process can write {abandonedAfter.TotalMinutes} minutes after the last sign of life of the other one.");
