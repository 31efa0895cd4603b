using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Chaos.Faults;

/// <summary>
/// One process of a fleet: the library in a host that heeds SIGTERM, with a diary. Lines in: <c>get N</c>, <c>arm FAILPOINT</c>, <c>stop FAILPOINT</c>. Lines out: <c>ready</c>, <c>ok N ACCOUNT</c>,
/// <c>reauth N REASON</c>, <c>error N KIND</c>.
/// </summary>
internal static class FleetWorker
{
    public static async Task<int> RunAsync(WorkerSettings settings)
    {
        TimeProvider time = TimeProvider.System;
        using var diary = new Diary(settings.Diary, time);
        var failpoint = new Failpoint();
        HostApplicationBuilder app = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        WorkerHost.Add(app.Services, settings, handler => new AnswerWatch(diary, handler));
        WorkerHost.Surround(app.Services, (services, store) =>
            new DiaryStore(new WatchedStore(store, failpoint, static _ => { }, time), services.GetRequiredService<ITokenProtector>(), diary));
        app.Services.AddLogging(logging => logging.AddProvider(new FileLog(Path.ChangeExtension(settings.Diary, "log"), time)).SetMinimumLevel(LogLevel.None).AddFilter("TokenLifecycle", LogLevel.Information));
        app.Services.Configure<TokenLifecycleOptions>(static options => options.LogUserIds = true);
        app.Services.AddSingleton<ITokenLifecycleObserver>(new Worker.Publication(failpoint));
        app.Services.Configure<HostOptions>(options => options.ShutdownTimeout = settings.ShutdownTime);
        using IHost host = app.Build();
        await host.StartAsync();
        diary.Write(Diary.Started);

        using var output = new BlockingCollection<string>();
        Thread writer = new(() =>
        {
            using Stream stream = Console.OpenStandardOutput();
            foreach (string line in output.GetConsumingEnumerable())
                stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
        });
        writer.Start();

        ITokenManager tokens = host.Services.GetRequiredService<ITokenManager>();
        using var api = new HttpClient();
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        _ = Task.Run(async () =>
        {
            await Worker.WarmUpAsync(tokens, settings.WarmUp, lifetime.ApplicationStopping);
            Say("ready");
        });
        new Thread(Listen) { IsBackground = true }.Start();
        await host.WaitForShutdownAsync();
        output.CompleteAdding();
        writer.Join();
        return 0;

        void Listen()
        {
            while (Console.In.ReadLine() is { } line)
            {
                string[] words = line.Split(' ');
                if (words[0] == "arm")
                    failpoint.Arm(words[1]);
                else if (words[0] == "stop")
                    failpoint.ArmStop(words[1]);
                else
                    _ = Task.Run(() => GetAsync(int.Parse(words[1], CultureInfo.InvariantCulture)));
            }

            lifetime.StopApplication(); // The run is gone.
        }

        async Task GetAsync(int connection)
        {
            try
            {
                await Worker.GetAsync(tokens, api, settings, connection, Say);
            }
            catch (Exception unexpected)
            {
                Say($"error {connection} {unexpected.GetType().Name}"); // Shows in the sum of the run.
            }
        }

        void Say(string line)
        {
            try
            {
                output.Add(line);
            }
            catch (Exception e) when (e is InvalidOperationException or ObjectDisposedException)
            {
                // Said too late: the process is ending.
            }
        }
    }
}
