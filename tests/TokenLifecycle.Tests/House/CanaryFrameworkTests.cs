using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>Where the frameworks under the library stand: an app's callback address holds a code, and nobody can keep it out of there.</summary>
public sealed class CanaryFrameworkTests
{
    private const string Plant = "pLaNtEdCoDe";

    [Fact]
    public async Task LG_1_Neither_the_clients_nor_the_servers_activities_and_metrics_tell_the_query_of_a_callback()
    {
        using var watch = new CanaryWatch(Plant);
        await CallBackAsync(static _ => { });

        watch.Scanned.Keys.Should().Contain(["activity", "metric"]);
        watch.Leaks.Should().BeEmpty();
    }

    [Fact]
    public async Task LG_1_The_servers_own_request_log_tells_the_query_of_a_callback_so_an_app_under_the_watch_has_to_silence_it()
    {
        using var watch = new CanaryWatch(Plant);
        await CallBackAsync(logging => logging.Services.AddCanaryLogging(watch));

        watch.Leaks.Should().NotBeEmpty().And.OnlyContain(static leak => leak.Place.StartsWith("Microsoft.AspNetCore.Hosting.Diagnostics"));
    }

    private static async Task CallBackAsync(Action<ILoggingBuilder> log)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        log(builder.Logging);
        await using WebApplication app = builder.Build();
        app.MapGet("/callback", static () => Results.Ok());
        await app.StartAsync();

        using var browser = new HttpClient();
        (await browser.GetAsync(new Uri($"{app.Urls.Single()}/callback?code={Plant}"))).EnsureSuccessStatusCode();
        await app.StopAsync();
    }
}
