using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using TokenLifecycle.Options;
using TokenLifecycle.WebNode;

// One node of a web app, told by its environment what it shares with the others. Says its address, and ends when its input does.
WebApplicationBuilder host = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
IConfiguration node = host.Configuration.GetSection("Node");
host.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
host.Logging.ClearProviders().AddConsole();
host.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
host.Services.Configure<ConsoleLoggerOptions>(static console => console.LogToStandardErrorThreshold = LogLevel.Trace);
host.Services.AddDbContext<NodeDb>(options => options.UseNpgsql(node["Database"]));
host.Services.AddDataProtection().SetApplicationName("app").PersistKeysToFileSystem(new DirectoryInfo(node["Keys"]!));
host.Services.AddAuthentication("cookie").AddCookie("cookie");
host.Services.AddTokenLifecycle()
    .UseEntityFrameworkStore<NodeDb>().UsePostgreSql()
    .UseEntityFrameworkAuthorizationRequests<NodeDb>()
    .WithoutProtection()
    .AddConnectionEndpoints(web => web.PublicOrigin = node["Origin"])
    .AddProvider("acme", o =>
    {
        (o.ClientId, o.ClientSecret) = (node["ClientId"]!, node["ClientSecret"]);
        (o.AuthorizationEndpoint, o.TokenEndpoint, o.UserInfoEndpoint) = (node["Authorize"]!, node["Token"]!, node["UserInfo"]);
        (o.AccountIdFrom, o.AccountIdPath) = (AccountIdSource.UserInfo, "id");
        o.Scopes = ["read", "write"];
        o.AllowHttpOnLoopback = true;
    });

WebApplication app = host.Build();
await using (AsyncServiceScope scope = app.Services.CreateAsyncScope())
    await scope.ServiceProvider.GetRequiredService<NodeDb>().Database.EnsureCreatedAsync();
app.MapGet("/login", static (string user, HttpContext context) => context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user)], "test"))));
app.MapTokenLifecycle("/connections");
await app.StartAsync();
Console.WriteLine(app.Urls.First());
await Console.In.ReadToEndAsync();
await app.StopAsync();
