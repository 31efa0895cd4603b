namespace TokenLifecycle.MariaDb;

/// <summary>The one server of a test run, started for the first test that asks. Make it the fixture of a collection.</summary>
public sealed class SharedMariaDb : IAsyncLifetime
{
    private MariaDbServer? _server;

    public MariaDbServer Server => _server ?? throw new InvalidOperationException(MariaDbServer.Missing);

    public async Task InitializeAsync()
    {
        if (!MariaDbServer.IsOff)
            _server = await MariaDbServer.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
