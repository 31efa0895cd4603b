using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.State;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Diagnostics;

/// <summary>Who a connection belongs to is nobody's business who reads logs, metrics or spans, unless the app wants it in its log.</summary>
public sealed class UserIdTests
{
    private const string UserId = "grace.hopper@navy.example";
    private static readonly TokenKey Key = new(World.Provider, UserId);

    [Fact]
    public async Task LG_1_No_user_id_reaches_a_log_a_message_a_metric_or_a_span()
    {
        (StructuredLogRecorder log, List<string> elsewhere) = await LiveAsync(logUserIds: false);

        int[] written = [.. log.Lines.Select(line => line.Id).Distinct().Order()];
        written.Should().Contain([1, 3, 4, 5, 6, 8, 14, 16, 17, 18, 19, 20], "else this test would not see much");
        elsewhere.Concat(log.Lines.Select(line => line.Text)).Should().NotContain(text => Names(text));
        log.Lines.Should().Contain(line => line.Text.Contains(Key.ToRedactedString()), "lines about a user can still be brought together");
    }

    [Fact]
    public async Task The_log_names_users_where_the_app_wants_it_and_metrics_spans_and_messages_still_do_not()
    {
        (StructuredLogRecorder log, List<string> elsewhere) = await LiveAsync(logUserIds: true);

        log.Lines.Where(line => line.Id is 1 or 3 or 4 or 5 or 16 or 17 or 19).Should().NotBeEmpty().And.OnlyContain(line => line.Text.Contains(Key.ToString()));
        elsewhere.Should().NotContain(text => Names(text));
    }

    [Fact]
    public void The_hash_is_short_stable_and_that_of_the_user_alone()
    {
        string hash = Key.ToRedactedString().Split('/')[1];

        hash.Should().MatchRegex("^#[0-9a-f]{12}$");
        new TokenKey(World.Provider, UserId).ToRedactedString().Should().Be($"acme/{hash}/default");
        new TokenKey("strava", UserId, "coach").ToRedactedString().Should().Be($"strava/{hash}/coach");
        new TokenKey(World.Provider, UserId.ToUpperInvariant()).ToRedactedString().Should().NotContain(hash);
        TokenKey.ForApplication("reports").ToRedactedString().Should().Be(TokenKey.ForApplication("reports").ToString(), "it is nobody");
        default(TokenKey).ToRedactedString().Should().Be("(no key)");
        new TokenKey("strava", "user-1").ToRedactedString().Should().Be("strava/#867cd504a81e/default", "the docs say so, and logs of different releases must fit together");
    }

    private static bool Names(string text) => text.Contains(UserId, StringComparison.OrdinalIgnoreCase) || text.Contains(Uri.EscapeDataString(UserId), StringComparison.OrdinalIgnoreCase);

    /// <summary>All that can happen to a connection, good and bad.</summary>
    private static async Task<(StructuredLogRecorder Log, List<string> Elsewhere)> LiveAsync(bool logUserIds)
    {
        var log = new StructuredLogRecorder();
        var told = new EventRecorder { Then = _ => throw new InvalidOperationException("no mail today") };
        using var spans = new SpanRecorder();
        await using World world = await World.StartAsync(
            options: o => o.LogUserIds = logUserIds,
            services: s => s.AddSingleton<ITokenLifecycleObserver>(told).AddLogging(l => l.AddProvider(log).AddFilter<StructuredLogRecorder>(category: null, LogLevel.Trace)));
        using var meters = new MeterRecorder(world.Services);
        List<string> elsewhere = [];

        elsewhere.Add((await world.RefusalAsync(Key)).Message);
        await world.ConnectExpiredAsync(Key);
        await world.Tokens.GetAccessTokenAsync(Key, TimeSpan.FromHours(5));
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Server.TokenEndpoint.FailNext(Fault.Status(503));
        elsewhere.Add((await world.RefusalAsync(Key)).Message);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        world.Store.Fail("save");
        await world.GetAsync(Key);
        world.Store.Recover();
        await world.Services.GetRequiredService<PendingSaveQueue>().SettleAllAsync();
        world.Clock.Advance(TimeSpan.FromHours(2));
        world.Store.Before = name => name == "find" ? throw new UnreadableTokenException(Key, "its key is missing.") : Task.CompletedTask;
        elsewhere.Add((await world.RefusalAsync(Key)).ToString());
        world.Store.Recover();
        world.Server.RevokeGrant(world.User);
        elsewhere.Add((await world.RefusalAsync(Key)).Message);
        world.Server.RevocationEndpoint.FailAlways(Fault.Status(400));
        await world.Tokens.DisconnectAsync(Key);
        while (!log.Lines.Any(line => line.Id == 19 && line.Text.Contains(nameof(TokenEventKind.Disconnected))))
            await Task.Yield();
        await CensusTests.CountAsync(world, meters, isEmpty: true);

        elsewhere.AddRange(meters.Lines.Select(line => line.Text));
        elsewhere.AddRange(spans.Stopped.Select(SpanRecorder.TextOf));
        return (log, elsewhere);
    }
}
