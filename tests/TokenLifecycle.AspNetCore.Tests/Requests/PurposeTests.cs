using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.Requests;

/// <summary>What was protected for one thing is taken for no other.</summary>
public sealed class PurposeTests
{
    [Fact]
    [Trait("Rule", "ST-4")]
    public async Task CVE_2023_48309_Attempt_outcome_form_and_session_are_not_taken_for_each_other()
    {
        RecordingRequestStore store = new();
        await using WebWorld world = await WebWorld.StartAsync(services: services => services.AddSingleton<IAuthorizationRequestStore>(store));
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        string callback = await browser.ToCallbackAsync();
        Seen page = await browser.GetAsync("/connections/acme/connect");
        const string session = ".AspNetCore.cookie";
        string name = browser.Cookies.Keys.Single(cookie => cookie.Contains("Attempt", StringComparison.Ordinal));
        string form = page.Text.Split("name=\"tokenlifecycle_form\" value=\"")[1].Split('"')[0];
        (string attempt, string outcome, string cookie) = (browser.Cookies[name], store.Outcomes.Single(), browser.Cookies[session]);

        (await HasOutcomeAsync(world, outcome)).Should().BeTrue("it is what it is");
        foreach (string foreign in (string[])[attempt, cookie, form])
            (await HasOutcomeAsync(world, foreign)).Should().BeFalse();
        foreach (string foreign in (string[])[outcome, cookie, form])
        {
            browser.Cookies[name] = foreign;
            (await browser.GetAsync(callback)).Status.Should().Be(400);
        }

        foreach (string foreign in (string[])[attempt, outcome, cookie])
            (await browser.PostAsync("/connections/acme/connect", [new("tokenlifecycle_form", foreign)])).Status.Should().Be(400);
        foreach (string foreign in (string[])[attempt, outcome, form])
        {
            using Browser thief = await world.BrowserOfAsync(user: null);
            thief.Cookies[session] = foreign;
            (await thief.GetAsync("/whoami")).Text.Should().Be("nobody");
        }

        browser.Cookies[name] = attempt;
        (await browser.GetAsync(callback)).Status.Should().Be(303, "it is what it is");
    }

    [Fact]
    public async Task H3_A_request_is_used_up_before_its_code_is_exchanged_and_the_verifier_goes_along()
    {
        RecordingRequestStore store = new();
        await using WebWorld world = await WebWorld.StartAsync(services: services => services.AddSingleton<IAuthorizationRequestStore>(store));
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync();
        FaultHold held = Fault.Hold();
        world.Server.TokenEndpoint.FailNext(held);

        Task<Seen> answer = browser.GetAsync(callback);
        await held.Reached;
        (string id, string holder, DateTimeOffset expiresAt) = store.Redeemed.Last();
        AuthorizationRedemption second = await store.TryRedeemAsync(id, holder, expiresAt, CancellationToken.None);
        held.Release();

        second.Kind.Should().Be(AuthorizationRedemptionKind.TakenBefore);
        (await answer).Status.Should().Be(303);
        world.Server.Log.Requests.Single(r => r.Body.Contains("authorization_code", StringComparison.Ordinal)).Body.Should().Contain("code_verifier=");
    }

    private static async Task<bool> HasOutcomeAsync(WebWorld world, string text) => await new PendingRequests(
        new PlantedStore(text),
        world.App.Services.GetRequiredService<IDataProtectionProvider>(),
        world.App.Services.GetRequiredService<IOptions<TokenLifecycleWebOptions>>(),
        world.App.Services.GetRequiredService<IOptionsMonitor<TokenLifecycleOptions>>(),
        world.Clock).FindOutcomeAsync("id", "browser") is not null;

    /// <summary>A store into which an attacker wrote something.</summary>
    private sealed class PlantedStore(string text) : IAuthorizationRequestStore
    {
        public Task<AuthorizationRedemption> TryRedeemAsync(string id, string holder, DateTimeOffset expiresAt, CancellationToken cancellationToken) => Task.FromResult(AuthorizationRedemption.Taken);

        public Task SetOutcomeAsync(string id, string outcome, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<string?> FindOutcomeAsync(string id, string holder, CancellationToken cancellationToken) => Task.FromResult<string?>(text);
    }
}
