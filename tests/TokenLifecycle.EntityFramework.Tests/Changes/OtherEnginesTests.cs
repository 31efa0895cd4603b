using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle.EntityFramework.PostgreSql;

namespace TokenLifecycle.EntityFramework.Tests.Changes;

/// <summary>Where there is nothing to listen to.</summary>
public sealed class OtherEnginesTests
{
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task An_engine_that_cannot_notify_is_named_once_and_the_host_goes_on(bool notifies, int lines)
    {
        using ListeningNode.LogLines log = new();
        await using StoreProcess process = new(static options => options.UseSqlite("Data Source=:memory:"), configure: builder =>
        {
            builder.UsePostgreSql(options => options.NotifyChanges = notifies);
            builder.Services.AddSingleton<ILoggerProvider>(log);
        });
        BackgroundService listener = process.Services.GetServices<IHostedService>().OfType<PostgreSqlChangeListener>().Should().ContainSingle().Subject;

        await listener.StartAsync(CancellationToken.None);
        await listener.ExecuteTask!;

        log.CountOf(203).Should().Be(lines);
        log.CountOf(202).Should().Be(0);
        await listener.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Without_a_store_in_a_database_there_is_nothing_to_listen_to()
    {
        using ListeningNode.LogLines log = new();
        ServiceCollection services = new();
        services.AddLogging().AddSingleton<ILoggerProvider>(log);
        services.AddTokenLifecycle().UsePostgreSql(static options => options.NotifyChanges = true);
        await using ServiceProvider app = services.BuildServiceProvider();
        BackgroundService listener = app.GetServices<IHostedService>().OfType<PostgreSqlChangeListener>().Single();

        await listener.StartAsync(CancellationToken.None);
        await listener.ExecuteTask!;

        log.CountOf(203).Should().Be(1);
        await listener.StopAsync(CancellationToken.None);
    }
}
