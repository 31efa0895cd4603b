using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using TrainingDashboard;
using TrainingDashboard.Components;
using TrainingDashboard.Connections;
using TrainingDashboard.Operators;
using TrainingDashboard.Simulation;
using TrainingDashboard.Training;

SimulatedProviders? simulated = null;
try
{
    WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
    Settings settings = Settings.Read(builder.Configuration, builder.Environment.ContentRootPath);
    if (settings.IsSimulated)
        builder.Services.AddSingleton(simulated = await SimulatedProviders.StartAsync(settings.SimulatedLifetime, TimeProvider.System));

    builder.Services.AddRazorComponents();
    builder.Services.AddCascadingAuthenticationState();
    builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(o =>
    {
        o.LoginPath = "/sign-in";
        o.AccessDeniedPath = "/sign-in";
    });
    builder.Services.AddAuthorizationBuilder().AddPolicy(Endpoints.OperatorPolicy, policy => policy.RequireRole(Endpoints.OperatorPolicy));
    builder.Services.AddDataProtection()
        .SetApplicationName("training-dashboard")
        .PersistKeysToFileSystem(Directory.CreateDirectory(Path.Combine(settings.DataFolder, "keys")));

    TokenLifecycleBuilder tokens = builder.Services.AddTokenLifecycle()
        .AddTrainingProviders(settings, simulated)
        .AddConnectionEndpoints(o =>
        {
            o.PublicOrigin = settings.PublicOrigin;
            o.OperatorPolicy = Endpoints.OperatorPolicy;
        })
        // A sample keeps its keys in a folder that is closed to others. In production add ProtectKeysWithCertificate above instead.
        .ProtectWithDataProtection(o => o.AllowUnencryptedKeys = true)
        .AddBackgroundRefresh(o =>
        {
            o.Enabled = settings.RefreshesInBackground;
            if (settings.IsSimulated)
                o.Interval = TimeSpan.FromSeconds(1); // Their tokens live for seconds.
        })
        .AddObserver<RefreshHistory>()
        .AddObserver<Outbox>();
    if (settings.Database is { Length: > 0 } database)
    {
        builder.Services.AddDbContext<TrainingDb>(o => o.UseNpgsql(database));
        tokens.UseEntityFrameworkStore<TrainingDb>().UsePostgreSql().UseEntityFrameworkAuthorizationRequests<TrainingDb>();
    }
    else
    {
        tokens.UseFileStore(Path.Combine(settings.DataFolder, "connections"));
    }

    builder.Services.AddSingleton(settings);
    builder.Services.AddSingleton(services => services.GetServices<TokenLifecycle.ITokenLifecycleObserver>().OfType<RefreshHistory>().Single());
    builder.Services.AddSingleton(services => services.GetServices<TokenLifecycle.ITokenLifecycleObserver>().OfType<Outbox>().Single());
    builder.Services.AddHealthChecks().AddTokenLifecycle();
    builder.Services.AddScoped<TrainingReader>();
    builder.Services.AddScoped<ConnectionReader>();
    builder.Services.AddScoped<Fleet>();

    WebApplication app = builder.Build();
    if (settings.Database is { Length: > 0 })
    {
        // A sample makes its tables itself. An app of your own does so by a migration.
        await using AsyncServiceScope scope = app.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<TrainingDb>().Database.EnsureCreatedAsync();
    }

    app.UseExceptionHandler("/problem", createScopeForErrors: true);
    app.UseStrictHeaders();
    app.UseAuthentication();
    app.UseAuthorization();
    app.UseAntiforgery();
    app.MapStaticAssets();
    app.MapRazorComponents<App>();
    app.MapForms();
    app.MapTokenLifecycle("/connections");
    app.MapHealth();
    await app.RunAsync();
    return 0;
}
catch (Exception failure) when (StartProblem.Explain(failure) is { } explanation)
{
    await Console.Error.WriteLineAsync(explanation);
    return 1;
}
finally
{
    if (simulated is not null)
        await simulated.DisposeAsync();
}
