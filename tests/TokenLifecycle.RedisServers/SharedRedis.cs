namespace TokenLifecycle.RedisServers;

/// <summary>The one server of a test run. Make it the fixture of a collection; each test uses a key prefix of its own.</summary>
public sealed class SharedRedis : IAsyncLifetime
{
    private RedisServer? _server;

    public RedisServer Server => _server!;

    public async Task InitializeAsync()
    {
        if (!RedisServer.IsOff)
            _server = await RedisServer.StartAsync("--appendfsync", "no");
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
