using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

public sealed class StartWarningTests
{
    [Theory]
    [InlineData(LogLevel.Information, true)]
    [InlineData(LogLevel.Warning, false)]
    public async Task LG_6_The_start_warns_if_the_framework_is_going_to_log_callbacks_with_their_query(LogLevel level, bool warns)
    {
        LogRecorder log = new();
        await using WebWorld world = await WebWorld.StartAsync(services: services => services.AddLogging(logging =>
            logging.AddProvider(log).AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", level)));

        log.Lines.Any(line => line.Text.Contains("Microsoft.AspNetCore.Hosting.Diagnostics logs at Information", StringComparison.Ordinal) && line.Text.Contains("form_post", StringComparison.Ordinal))
            .Should().Be(warns);
    }
}
