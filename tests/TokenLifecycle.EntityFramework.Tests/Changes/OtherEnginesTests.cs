using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
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
            builder.UseEntityFrameworkStore<AppDb>(options => options.NotifyChanges = notifies);
            builder.Services.AddSingleton<ILoggerProvider>(log);
        });
        BackgroundService listener = process.Services.GetServices<IHostedService>().OfType<PostgreSqlChangeListener<AppDb>>().Should().ContainSingle().Subject;

        await listener.StartAsync(CancellationToken.None);
        await listener.ExecuteTask!;

        log.CountOf(203).Should().Be(lines);
        log.CountOf(202).Should().Be(0);
        await listener.StopAsync(CancellationToken.None);
    }

    [Fact]
    public void What_Npgsql_has_is_found_by_name_and_missed_elsewhere()
    {
        using NpgsqlConnection npgsql = new();
        using SqliteConnection sqlite = new();
        using NpgsqlNotifications? found = NpgsqlNotifications.Of(npgsql, static _ => { });

        found.Should().NotBeNull();
        NpgsqlNotifications.Of(sqlite, static _ => { }).Should().BeNull();
    }
}
