using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle;
using Worker;

HostApplicationBuilder builder = Host.CreateApplicationBuilder();
if (Settings.Read(args, builder.Configuration, out string? problem) is not { } settings)
{
    Console.Error.WriteLine($"{problem}\n\n{Settings.Usage}");
    return 2;
}

await using SimulatedStrava? simulated = settings.IsSimulated ? await SimulatedStrava.StartAsync() : null;
string keyFile = Path.Combine(builder.Environment.ContentRootPath, "App_Data", "worker-keys.json");
Directory.CreateDirectory(Path.GetDirectoryName(keyFile)!);

builder.Logging.AddSimpleConsole(o => o.SingleLine = true)
    .AddFilter("Microsoft", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning)
    .AddFilter("TokenLifecycle", LogLevel.Warning); // At Information, every refresh is logged.

builder.Services.AddDbContext<SyncDb>(o => o.UseNpgsql(settings.Database));
builder.Services.AddTokenLifecycle()
    .AddStrava(settings.Strava, o => simulated?.Server.Configure(o))
    .UseEntityFrameworkStore<SyncDb>().UsePostgreSql()
    .ProtectWithKeyFile(keyFile, createIfMissing: true)              // Several machines: ProtectWithKeys, from a vault.
    .AddBackgroundRefresh(o =>
    {
        if (simulated is not null)
            o.Interval = TimeSpan.FromSeconds(1);                    // The simulated tokens expire after seconds. Omit it otherwise.
    })
    .AddObserver<Tally>();
builder.Services.AddHttpClient<StravaClient>(http => http.BaseAddress = simulated?.Api ?? new Uri("https://www.strava.com/api/v3/")).AddTokenHandler("strava");

builder.Services.AddSingleton(settings);
builder.Services.AddSingleton(services => services.GetServices<ITokenLifecycleObserver>().OfType<Tally>().Single());
builder.Services.AddHostedService<NightlySync>();

using IHost app = builder.Build();
Tally tally = app.Services.GetRequiredService<Tally>();
try
{
    await using (AsyncServiceScope scope = app.Services.CreateAsyncScope())
    {
        // The sample creates its tables itself. In your app, use a migration. The library checks its table at start in either case.
        SyncDb db = scope.ServiceProvider.GetRequiredService<SyncDb>();
        await db.Database.EnsureCreatedAsync();
        await app.Services.ValidateTokenLifecycleSchemaAsync();
        if (simulated is not null)
            await simulated.ConnectAsync(app.Services.GetRequiredService<ITokenManager>(), db, CancellationToken.None);
    }

    await app.RunAsync();
}
catch (Exception failure) when (StartProblem.Explain(failure) is { } explanation)
{
    Console.Error.WriteLine($"The worker cannot run.\n\n  {explanation}");
    return 1;
}

Console.WriteLine(JsonSerializer.Serialize(new
{
    passes = tally.Passes,
    calls = tally.Calls,
    failed_calls = tally.FailedCalls,
    postponed_calls = tally.PostponedCalls,
    refreshes = tally.Refreshes,
    reauthorizations = tally.Reauthorizations,
}));
return tally.FailedCalls == 0 && tally.Passes > 0 ? 0 : 1;
