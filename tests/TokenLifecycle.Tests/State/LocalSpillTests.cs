using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.State;

/// <summary>What cannot be saved before shutdown is kept in a local folder, and saved by the next process before its first refresh.</summary>
[Trait("Rule", "FR-6")]
public sealed class LocalSpillTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"tl-spill-{Guid.NewGuid():n}");

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Tokens_that_a_process_could_not_save_are_saved_by_the_next()
    {
        await using World world = await StartAsync();
        await world.ConnectExpiredAsync();
        AccessToken token = await StopWithoutStoreAsync(world);

        Files().Should().NotBeEmpty();
        foreach (string file in Files())
            (await File.ReadAllTextAsync(file)).Should().NotContain(Canary.Mark, "nothing is written in plain text");
        world.Store.Recover();
        ServiceProvider next = world.NewProcess();
        await PendingSaveTests.DrainOf(next).StartAsync(CancellationToken.None);

        (await next.Tokens().GetAccessTokenAsync(world.Key)).Value.Should().Be(token.Value);
        world.Posts().Should().ContainSingle();
        Files().Should().BeEmpty();
    }

    [Fact]
    public async Task A_process_that_starts_while_the_store_is_down_uses_them_and_saves_them_later()
    {
        await using World world = await StartAsync();
        await world.ConnectExpiredAsync();
        AccessToken token = await StopWithoutStoreAsync(world);
        ServiceProvider next = world.NewProcess();

        await PendingSaveTests.DrainOf(next).StartAsync(CancellationToken.None);
        (await next.Tokens().GetAccessTokenAsync(world.Key)).Value.Should().Be(token.Value);
        Files().Should().NotBeEmpty();
        world.Store.Recover();
        while (Files().Length > 0)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        world.Server.Log.ReusedRefreshTokens.Should().Be(0);
        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task A_connection_that_was_ended_since_is_not_brought_back()
    {
        await using World world = await StartAsync();
        await world.ConnectExpiredAsync();
        await StopWithoutStoreAsync(world);
        world.Store.Recover();
        await world.Store.DeleteAsync(world.Key, CancellationToken.None);

        ServiceProvider next = world.NewProcess();
        await PendingSaveTests.DrainOf(next).StartAsync(CancellationToken.None);

        (await world.Store.FindAsync(world.Key, CancellationToken.None)).Should().BeNull();
        Files().Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "FR-8")]
    public async Task A_first_grant_that_never_was_in_the_store_is_saved_by_the_next()
    {
        await using World world = await StartAsync();
        world.Store.Fail("save");
        TokenSet granted = await world.ConnectAsync();
        await StopAsync(world);
        world.Store.Recover();

        ServiceProvider next = world.NewProcess();
        await PendingSaveTests.DrainOf(next).StartAsync(CancellationToken.None);

        (await next.Tokens().GetAccessTokenAsync(world.Key)).Value.Should().Be(granted.AccessToken);
        StoredToken stored = (await world.Store.FindAsync(world.Key, CancellationToken.None))!;
        stored.RetiredFingerprints.Should().BeEmpty();
        Files().Should().BeEmpty();
    }

    [Fact]
    [Trait("Rule", "FR-8")]
    public async Task A_first_grant_does_not_replace_one_that_was_stored_since()
    {
        await using World world = await StartAsync();
        world.Store.Fail("save");
        await world.ConnectAsync();
        await StopAsync(world);
        world.Store.Recover();
        ServiceProvider other = world.NewProcess();
        TokenSet newer = world.Server.IssueTokens(world.User, "read");
        await other.Tokens().SaveAsync(world.Key, newer);

        ServiceProvider next = world.NewProcess();
        await PendingSaveTests.DrainOf(next).StartAsync(CancellationToken.None);

        (await next.Tokens().GetAccessTokenAsync(world.Key)).Value.Should().Be(newer.AccessToken);
        Files().Should().BeEmpty();
    }

    [Fact]
    public async Task Tokens_of_a_later_reconnect_are_not_replaced()
    {
        await using World world = await StartAsync();
        await world.ConnectExpiredAsync();
        await StopWithoutStoreAsync(world);
        world.Store.Recover();
        TokenSet newer = world.Server.IssueTokens(world.User, "read");
        ServiceProvider other = world.NewProcess();
        await other.Tokens().SaveAsync(world.Key, newer);

        ServiceProvider next = world.NewProcess();
        await PendingSaveTests.DrainOf(next).StartAsync(CancellationToken.None);

        (await next.Tokens().GetAccessTokenAsync(world.Key)).Value.Should().Be(newer.AccessToken);
        Files().Should().BeEmpty();
    }

    [Fact]
    public async Task Two_processes_that_start_at_once_save_them_once()
    {
        await using World world = await StartAsync();
        await world.ConnectExpiredAsync();
        AccessToken token = await StopWithoutStoreAsync(world);
        world.Store.Recover();
        ServiceProvider[] both = [world.NewProcess(), world.NewProcess()];

        Task starting = Task.WhenAll(both.Select(process => PendingSaveTests.DrainOf(process).StartAsync(CancellationToken.None)));
        await world.Clock.RunShortPausesAsync(starting); // Each may wait for a file that the other has locked.
        await starting;

        Files().Should().BeEmpty();
        (await both[1].Tokens().GetAccessTokenAsync(world.Key)).Value.Should().Be(token.Value);
        world.Posts().Should().ContainSingle();
    }

    [Fact]
    public async Task Tokens_that_the_store_is_being_given_when_the_hosts_time_ends_are_kept()
    {
        await using World world = await StartAsync();
        await world.ConnectExpiredAsync();
        var held = new TaskCompletionSource();
        world.Store.Before = name => name == "save" ? held.Task : Task.CompletedTask;
        Task saving = world.Store.NextAsync("save");
        Task<AccessToken> get = world.GetAsync();
        await saving;

        using var hostsTime = new CancellationTokenSource();
        Task stop = PendingSaveTests.DrainOf(world.Services).StopAsync(hostsTime.Token);
        await hostsTime.CancelAsync();
        await stop;

        Files().Should().ContainSingle();
        get.IsCompleted.Should().BeFalse("the store still holds the save");
        held.SetResult();
        await get;
    }

    [Fact]
    public async Task A_file_that_an_earlier_start_holds_is_saved_all_the_same()
    {
        await using World world = await StartAsync();
        await world.ConnectExpiredAsync();
        AccessToken token = await StopWithoutStoreAsync(world);
        ServiceProvider crashed = world.NewProcess();
        await PendingSaveTests.DrainOf(crashed).StartAsync(CancellationToken.None);
        await crashed.DisposeAsync(); // Before the store took anything.
        world.Store.Recover();

        ServiceProvider next = world.NewProcess();
        await PendingSaveTests.DrainOf(next).StartAsync(CancellationToken.None);

        (await next.Tokens().GetAccessTokenAsync(world.Key)).Value.Should().Be(token.Value);
        world.Posts().Should().ContainSingle();
        Files().Should().BeEmpty();
    }

    [Fact]
    public async Task Without_protection_the_host_does_not_start()
    {
        await using World world = await World.StartAsync(services: services => services.AddTokenLifecycle().AddLocalSpill(_folder));

        FluentActions.Invoking(() => PendingSaveTests.DrainOf(world.Services)).Should().Throw<TokenStoreNotReadyException>().WithMessage("*AddLocalSpill*");
    }

    private Task<World> StartAsync() => World.StartAsync(services: services =>
    {
        services.AddTokenLifecycle().AddLocalSpill(_folder);
        services.AddTokenLifecycle().ProtectWithKeys(o => (o.CurrentKeyId, o.Keys["a"]) = ("a", Convert.ToBase64String(Enumerable.Repeat((byte)7, 32).ToArray())));
    });

    /// <summary>The first process refreshes, cannot save, and stops.</summary>
    private static async Task<AccessToken> StopWithoutStoreAsync(World world)
    {
        world.Store.Fail("save");
        AccessToken token = await world.GetAsync();
        await StopAsync(world);
        return token;
    }

    private static async Task StopAsync(World world)
    {
        using var hostsTime = new CancellationTokenSource();
        Task stop = PendingSaveTests.DrainOf(world.Services).StopAsync(hostsTime.Token);
        await hostsTime.CancelAsync();
        await stop;
        await world.Services.DisposeAsync();
    }

    private string[] Files() => Directory.Exists(_folder) ? Directory.GetFiles(_folder, "*.json") : [];
}
