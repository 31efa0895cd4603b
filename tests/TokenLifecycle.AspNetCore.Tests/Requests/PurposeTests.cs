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
    public async Task CVE_2023_48309_ST_4_Request_outcome_and_session_are_not_taken_for_each_other()
    {
        RecordingRequestStore store = new();
        await using WebWorld world = await WebWorld.StartAsync(services: services => services.AddSingleton<IAuthorizationRequestStore>(store));
        using Browser browser = await world.BrowserOfAsync("ada");
        await browser.ConnectAsync();
        const string session = ".AspNetCore.cookie";
        (string request, string outcome, string cookie) = (store.Added.Single().Payload, store.Outcomes.Single(), browser.Cookies[session]);

        (await KindAsync(world, request)).Should().Be(AuthorizationRedemptionKind.Taken, "it is what it is");
        (await HasOutcomeAsync(world, outcome)).Should().BeTrue("it is what it is");
        foreach (string foreign in (string[])[outcome, cookie])
            (await KindAsync(world, foreign)).Should().Be(AuthorizationRedemptionKind.Unknown);
        foreach (string foreign in (string[])[request, cookie])
            (await HasOutcomeAsync(world, foreign)).Should().BeFalse();
        foreach (string foreign in (string[])[request, outcome])
        {
            using Browser thief = await world.BrowserOfAsync(user: null);
            thief.Cookies[session] = foreign;
            (await thief.GetAsync("/whoami")).Text.Should().Be("nobody");
        }
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
        PendingAuthorization row = store.Added.Single();
        AuthorizationRedemption second = await store.TryRedeemAsync(row.Id, row.BrowserId, CancellationToken.None);
        held.Release();

        second.Kind.Should().Be(AuthorizationRedemptionKind.TakenBefore);
        (await answer).Status.Should().Be(303);
        world.Server.Log.Requests.Single(r => r.Body.Contains("authorization_code", StringComparison.Ordinal)).Body.Should().Contain("code_verifier=");
    }

    private static async Task<AuthorizationRedemptionKind> KindAsync(WebWorld world, string text) => (await Over(world, text).TakeAsync("id", "browser")).Kind;

    private static async Task<bool> HasOutcomeAsync(WebWorld world, string text) => await Over(world, text).FindOutcomeAsync("id", "browser") is not null;

    private static PendingRequests Over(WebWorld world, string text) => new(
        new PlantedStore(text),
        world.App.Services.GetRequiredService<IDataProtectionProvider>(),
        world.App.Services.GetRequiredService<IOptions<TokenLifecycleWebOptions>>(),
        world.App.Services.GetRequiredService<IOptionsMonitor<TokenLifecycleOptions>>(),
        world.Clock);

    /// <summary>A store into which somebody wrote something.</summary>
    private sealed class PlantedStore(string text) : IAuthorizationRequestStore
    {
        public Task<bool> TryAddAsync(PendingAuthorization request, AuthorizationRequestBounds bounds, CancellationToken cancellationToken) => Task.FromResult(true);

        public Task<AuthorizationRedemption> TryRedeemAsync(string id, string browserId, CancellationToken cancellationToken) => Task.FromResult(AuthorizationRedemption.Taken(text));

        public Task SetOutcomeAsync(string id, string outcome, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<string?> FindOutcomeAsync(string id, string browserId, CancellationToken cancellationToken) => Task.FromResult<string?>(text);
    }
}
