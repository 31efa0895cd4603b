namespace TokenLifecycle.Postgres;

/// <summary>The one cluster of a test run, started for the first test that asks. Make it the fixture of a collection.</summary>
public sealed class SharedPostgres : IAsyncLifetime
{
    private PostgresCluster? _cluster;

    public PostgresCluster Cluster => _cluster ?? throw new InvalidOperationException(PostgresBinaries.Missing);

    public async Task InitializeAsync()
    {
        if (!PostgresBinaries.IsOff)
            _cluster = await PostgresCluster.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }
}
