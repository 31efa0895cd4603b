using System.Globalization;
using Microsoft.AspNetCore.DataProtection;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.Requests;

/// <summary>Any browser can send any state, so no state may leave anything in the process.</summary>
[Trait("Rule", "FR-14")]
public sealed class ForgottenStatesTests
{
    public static TheoryData<string> Answers => ["failure", "another", "taken", "taken before", "ended before"];

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task A_state_that_leads_nowhere_is_not_remembered(string answer)
    {
        PendingRequests pending = Over(answer);

        for (int i = 0; i < 100; i++)
            await TryAsync(pending.TakeAsync(Attempt(i), DateTimeOffset.MaxValue));

        pending.WaitedFor.Should().Be(0);
    }

    [Fact]
    public async Task Who_waits_for_another_is_forgotten_when_they_go()
    {
        PendingRequests pending = Over("taken before");
        using var gone = new CancellationTokenSource();

        Task<AuthorizationResult?> wait = pending.WaitForOutcomeAsync(RequestHash.OfState("state"), "browser", TimeSpan.FromMinutes(1), gone.Token);
        pending.WaitedFor.Should().Be(1);
        await gone.CancelAsync();

        (await wait).Should().BeNull();
        pending.WaitedFor.Should().Be(0);
    }

    private static PendingRequests Over(string answer) =>
        new(new AnsweringStore(answer), new EphemeralDataProtectionProvider(), Microsoft.Extensions.Options.Options.Create(new TokenLifecycleWebOptions()), new DefaultOptions(), new ManualTimeProvider());

    private static AuthorizationState Attempt(int number) => new()
    {
        Id = RequestHash.OfState(number.ToString(CultureInfo.InvariantCulture)),
        Browser = "browser",
        Provider = "acme",
        Connection = "default",
        RedirectUri = "https://app.example/",
        Scopes = [],
    };

    private static async Task TryAsync(Task take)
    {
        try
        {
            await take;
        }
        catch (IOException)
        {
            // The store is down.
        }
    }

    private sealed class AnsweringStore(string answer) : IAuthorizationRequestStore
    {
        public Task<AuthorizationRedemption> TryRedeemAsync(string id, string holder, DateTimeOffset expiresAt, CancellationToken cancellationToken) => answer switch
        {
            "failure" => Task.FromException<AuthorizationRedemption>(new IOException("The store is down.")),
            "taken" => Task.FromResult(AuthorizationRedemption.Taken),
            "taken before" => Task.FromResult(AuthorizationRedemption.TakenBefore(outcome: null)),
            "ended before" => Task.FromResult(AuthorizationRedemption.TakenBefore("outcome")),
            _ => Task.FromResult(AuthorizationRedemption.TakenByAnother),
        };

        public Task SetOutcomeAsync(string id, string outcome, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<string?> FindOutcomeAsync(string id, string holder, CancellationToken cancellationToken) => Task.FromResult<string?>(null);
    }
}
