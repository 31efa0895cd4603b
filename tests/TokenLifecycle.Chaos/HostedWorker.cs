using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TokenLifecycle.Chaos;

/// <summary>The same in a host, as an app is: SIGTERM ends it in its own time. Lines in: <c>get N</c>. Lines out: <c>ready</c>, <c>stopping</c>, <c>ok N</c>, <c>error N KIND</c>.</summary>
internal static class HostedWorker
{
    public static async Task<int> RunAsync(WorkerSettings settings)
    {
        HostApplicationBuilder app = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        app.Services.AddHostedService<Announcement>(); // Registered first, so told last to stop: when it speaks, the library has been told.
        WorkerHost.Add(app.Services, settings);
        app.Services.Configure<HostOptions>(static options => (options.ShutdownTimeout, options.ServicesStopConcurrently) = (TimeSpan.FromSeconds(30), true));
        using IHost host = app.Build();
        await host.StartAsync();
        ITokenManager tokens = host.Services.GetRequiredService<ITokenManager>();
        await Worker.WarmUpAsync(tokens);
        Say("ready");
        new Thread(() => Listen(tokens)) { IsBackground = true }.Start();
        await host.WaitForShutdownAsync();
        return 0;
    }

    private static void Listen(ITokenManager tokens)
    {
        while (Console.In.ReadLine() is { } line)
            _ = GetAsync(tokens, int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
    }

    private static async Task GetAsync(ITokenManager tokens, int connection)
    {
        try
        {
            await tokens.GetAccessTokenAsync(WorkerHost.KeyOf(connection));
            Say($"ok {connection}");
        }
        catch (TokenTemporarilyUnavailableException later)
        {
            Say($"error {connection} {later.Kind}");
        }
    }

    private static void Say(string line) => Console.Out.WriteLine(line);

    private sealed class Announcement : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            Say("stopping");
            return Task.CompletedTask;
        }
    }
}
