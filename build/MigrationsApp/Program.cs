using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MigrationsApp;

HostApplicationBuilder app = Host.CreateApplicationBuilder(args);
app.Services.AddDbContext<ShopDb>(options => options.UseNpgsql(app.Configuration.GetConnectionString("Shop")));
app.Services.AddTokenLifecycle().UseEntityFrameworkStore<ShopDb>().UsePostgreSql().WithoutProtection();
using IHost host = app.Build();

await host.Services.ValidateTokenLifecycleSchemaAsync();
Console.WriteLine("The table is valid.");
