using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>The mark planted here is another than the secrets of the other tests carry: the watch over the whole run stays clean.</summary>
public sealed class CanaryTests : IDisposable
{
    private const string Plant = "pLaNtEd";

    private readonly CanaryWatch _watch = new(Plant);

    public void Dispose() => _watch.Dispose();

    [Fact]
    public void LG_1_The_watch_sees_a_secret_in_a_log_text()
    {
        Log(logger => logger.LogTrace("{Word}", Plant));

        _watch.Leaks.Should().Contain(leak => leak.Channel == "log" && leak.Place.EndsWith("text"));
    }

    [Fact]
    public void LG_1_The_watch_sees_a_secret_in_a_log_value_that_the_text_does_not_show()
    {
        Log(logger => logger.Log(LogLevel.Debug, default, new Dictionary<string, object?> { ["body"] = Plant }, exception: null, (_, _) => "nothing"));

        _watch.Leaks.Should().ContainSingle(leak => leak.Channel == "log" && leak.Place.EndsWith("state [body]"));
    }

    [Fact]
    public void LG_1_The_watch_sees_a_secret_in_a_log_scope()
    {
        Log(logger =>
        {
            using (logger.BeginScope(new Dictionary<string, object?> { ["user"] = Plant }))
                logger.LogInformation("nothing");
        });

        _watch.Leaks.Should().ContainSingle(leak => leak.Channel == "log" && leak.Place.EndsWith("scope [user]"));
    }

    [Fact]
    public void LG_1_The_watch_sees_a_secret_in_a_logged_exception_that_was_never_thrown()
    {
        Log(logger => logger.LogError(new InvalidOperationException("a", new FormatException(Plant)), "nothing"));

        _watch.Leaks.Should().ContainSingle(leak => leak.Channel == "log" && leak.Place.EndsWith("exception"));
    }

    [Fact]
    public void LG_1_The_watch_sees_a_secret_in_a_thrown_exception_even_if_it_is_caught()
    {
        Action act = () => throw new InvalidOperationException("a", new FormatException(Plant));
        act.Should().Throw<InvalidOperationException>();

        _watch.Leaks.Should().Contain(leak => leak.Channel == "exception" && leak.Place == "System.FormatException");
    }

    [Fact]
    public void LG_1_The_watch_sees_a_secret_in_the_data_of_an_exception()
    {
        Action act = () => throw new InvalidOperationException("a") { Data = { ["url"] = Plant } };
        act.Should().Throw<InvalidOperationException>();

        _watch.Leaks.Should().Contain(leak => leak.Channel == "exception" && leak.Place.EndsWith("data [url]"));
    }

    [Theory]
    [InlineData("name")]
    [InlineData("tag")]
    [InlineData("event")]
    [InlineData("baggage")]
    [InlineData("status")]
    public void LG_1_The_watch_sees_a_secret_in_an_activity(string where)
    {
        using var source = new ActivitySource("planted");
        using (Activity activity = source.StartActivity("work")!)
        {
            _ = where switch
            {
                "name" => activity.DisplayName = Plant,
                "tag" => activity.SetTag("url", new Uri("http://127.0.0.1/?code=" + Plant)),
                "event" => activity.AddEvent(new ActivityEvent("e", tags: new ActivityTagsCollection { ["x"] = Plant })),
                "baggage" => activity.SetBaggage("b", Plant),
                _ => (object)activity.SetStatus(ActivityStatusCode.Error, Plant),
            };
        }

        _watch.Leaks.Should().ContainSingle(leak => leak.Channel == "activity" && leak.Place.StartsWith("planted work"));
    }

    [Fact]
    public void LG_1_The_watch_sees_a_secret_in_a_metric_tag()
    {
        using var meter = new Meter("planted");
        meter.CreateCounter<long>("calls").Add(1, new KeyValuePair<string, object?>("user", Plant));

        _watch.Leaks.Should().ContainSingle(leak => leak.Channel == "metric" && leak.Place == "planted calls tag [user]");
    }

    [Fact]
    public void LG_1_The_watch_leaves_failed_assertions_alone()
    {
        Action act = () => Assert.Equal("expected", Plant);
        act.Should().Throw<Xunit.Sdk.EqualException>();

        _watch.Leaks.Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "Law 11")]
    [Trait("Rule", "O5")]
    public void I1_LG_1_Every_test_process_is_watched()
    {
        int before = CanaryWatch.OfProcess.Leaks.Count;
        CanaryWatch.Inspect("nothing secret");

        CanaryWatch.OfProcess.Scanned.Should().ContainKey("inspected");
        CanaryWatch.OfProcess.Leaks.Should().HaveCount(before);
    }

    private void Log(Action<ILogger> write)
    {
        using ServiceProvider services = new ServiceCollection().AddCanaryLogging(_watch).BuildServiceProvider();
        write(services.GetRequiredService<ILoggerFactory>().CreateLogger("planted"));
    }
}
