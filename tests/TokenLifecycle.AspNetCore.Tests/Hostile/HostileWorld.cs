using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Options;

namespace TokenLifecycle.AspNetCore.Tests.Hostile;

/// <summary>An app with two users and one attacker: one provider to connect to, one to sign in by, and one with an issuer.</summary>
internal sealed class HostileWorld : IAsyncDisposable
{
    private StoredVersions _before = null!;

    private HostileWorld(WebWorld world, Browser ada, Browser eve, Browser nobody) => (World, Ada, Eve, Nobody) = (world, ada, eve, nobody);

    public WebWorld World { get; }

    public Browser Ada { get; }

    public Browser Eve { get; }

    public Browser Nobody { get; }

    public static async Task<HostileWorld> StartAsync()
    {
        WebWorld world = await WebWorld.StartAsync(
            provider: o => o.Pkce = PkceMode.Off,
            web: o => o.SignInProviders.Add("login"),
            builder: b => b.AddUserCreator<Owners.ProvenanceTests.ByAccount>(),
            second: "login",
            third: ("strict", o => o.Issuer = "https://idp.example"));
        foreach (string user in (string[])["ada", "bob"])
        {
            using Browser browser = await world.BrowserOfAsync(user);
            world.Server.SignedInUser = world.Server.AddUser(user, "account-of-" + user);
            await browser.ConnectAsync();
        }

        world.Server.SignedInUser = world.Server.AddUser("anyone", "account-of-ada-too");
        var hostile = new HostileWorld(world, await world.BrowserOfAsync("ada"), await world.BrowserOfAsync("eve"), await world.BrowserOfAsync(user: null));
        hostile._before = await hostile.VersionsAsync();
        return hostile;
    }

    public async Task<string> FormTokenAsync(Browser browser) => (await browser.GetAsync("/connections/acme/connect")).Text.Split("name=\"tokenlifecycle_form\" value=\"")[1].Split('"')[0];

    /// <summary>Null if the connections of the victims are as they were, and eve has none.</summary>
    public async Task<string?> UnchangedAsync()
    {
        StoredVersions now = await VersionsAsync();
        return now == _before ? null : $"connections changed: {_before} -> {now}";
    }

    /// <summary>What has happened until now was not hostile.</summary>
    public async Task AcceptAsync() => _before = await VersionsAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (Browser browser in (Browser[])[Ada, Eve, Nobody])
            browser.Dispose();
        await World.DisposeAsync();
    }

    private async Task<StoredVersions> VersionsAsync() => new(await VersionOf("ada"), await VersionOf("bob"), await VersionOf("eve"));

    private async Task<long?> VersionOf(string user) => (await World.Store.Inner.FindAsync(World.Key(user), CancellationToken.None))?.Version;

    private sealed record StoredVersions(long? Ada, long? Bob, long? Eve);
}
