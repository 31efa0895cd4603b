using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.Diagnostics;

/// <summary>The log of a web app whose users connect, fail to, and share an account.</summary>
public sealed class UserIdTests
{
    private static readonly string[] Users = ["hedy.lamarr", "katherine.johnson"];

    [Fact]
    public async Task LG_1_No_user_is_named_in_the_log()
    {
        IReadOnlyList<string> log = await LiveAsync(logUserIds: false);

        log.Should().Contain(line => line.StartsWith("105 ") && line.Contains("acme/#"), "they share an account")
            .And.Contain(line => line.StartsWith("103 "), "a store that fails is logged with its exception")
            .And.NotContain(line => Users.Any(user => line.Contains(user)));
    }

    [Fact]
    public async Task Users_are_named_where_the_app_wants_it()
    {
        IReadOnlyList<string> log = await LiveAsync(logUserIds: true);

        log.Should().Contain(line => line.StartsWith("105 ") && line.Contains(Users[1]));
    }

    private static async Task<IReadOnlyList<string>> LiveAsync(bool logUserIds)
    {
        var log = new LogRecorder();
        await using WebWorld world = await WebWorld.StartAsync(services: services =>
        {
            services.AddTokenLifecycle(o => o.LogUserIds = logUserIds);
            services.AddLogging(logging => logging.AddProvider(log).AddFilter<LogRecorder>("TokenLifecycle", LogLevel.Trace));
        });
        using Browser first = await world.BrowserOfAsync(Users[0]);
        using Browser second = await world.BrowserOfAsync(Users[1]);
        string callback = await first.ToCallbackAsync();
        world.Store.Fail("find", "save");
        await first.FollowAsync(await first.GetAsync(callback));
        world.Store.Recover();
        await first.ConnectAsync();
        await second.ConnectAsync();
        return [.. log.Printed];
    }
}
