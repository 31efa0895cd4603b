using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.EntityFramework.Tests.Changes;

/// <summary>A process of the app whose hosted services run, on a clock of its own: what it sees without that clock being moved, it was told.</summary>
internal sealed class ListeningNode : IAsyncDisposable
{
    private ListeningNode(TokenApp app, string settings)
    {
        Process = app.Database.NewProcess(settings, clock: Clock, configure: builder =>
        {
            builder.AddProvider(TokenApp.Provider, app.Server.Configure).UsePostgreSql(options => options.NotifyChanges = true);
            ServiceDescriptor remembered = builder.Services.Last(service => service.ServiceType == typeof(ITokenCacheInvalidator));
            builder.Services.Replace(ServiceDescriptor.Singleton<ITokenCacheInvalidator>(services =>
                new HeardChanges((ITokenCacheInvalidator)ActivatorUtilities.CreateInstance(services, remembered.ImplementationType!))));
            builder.Services.AddSingleton<ILoggerProvider>(Lines);
        });
    }

    public ManualTimeProvider Clock { get; } = new();

    public LogLines Lines { get; } = new();

    public StoreProcess Process { get; }

    public HeardChanges Heard => (HeardChanges)Process.Services.GetRequiredService<ITokenCacheInvalidator>();

    public static async Task<ListeningNode> StartAsync(TokenApp app, string settings = "")
    {
        ListeningNode node = new(app, settings);
        foreach (IHostedService service in node.Process.Services.GetServices<IHostedService>())
            await service.StartAsync(CancellationToken.None);
        await node.Heard.ListeningAsync();
        return node;
    }

    /// <summary>The process's services are disposed with the database.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (IHostedService service in Process.Services.GetServices<IHostedService>())
            await service.StopAsync(CancellationToken.None);
    }

    internal sealed class LogLines : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<int> _ids = new();

        public int CountOf(int id) => _ids.Count(line => line == id);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _ids.Enqueue(eventId.Id);

        public void Dispose()
        {
        }
    }
}
