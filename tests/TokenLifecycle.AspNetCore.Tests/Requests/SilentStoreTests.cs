using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.Requests;

/// <summary>A store that does not answer holds no browser.</summary>
[Trait("Rule", "FR-9")]
[Trait("Rule", "F15")]
public sealed class SilentStoreTests
{
    [Theory]
    [InlineData("add")]
    [InlineData("take")]
    [InlineData("note")]
    public async Task A_store_of_pending_requests_that_is_silent_ends_in_an_answer(string step)
    {
        var rows = new SilentRequests();
        await using WebWorld world = await WebWorld.StartAsync(services: services => services.AddSingleton<IAuthorizationRequestStore>(rows));
        using Browser browser = await world.BrowserOfAsync("ada");
        Seen page = await browser.GetAsync("/connections/acme/connect");
        string callback = step == "add" ? "" : await browser.ToCallbackAsync();
        Task reached = rows.SilenceAsync(step);

        Task<Seen> answer = step == "add" ? browser.PressAsync(page, "/connect") : browser.GetAsync(callback);
        await reached;
        await PassAsync(world, answer);

        (await answer).Status.Should().Be(step == "note" ? 303 : 503);
        (await world.Tokens.GetStatusAsync(world.Key("ada"))).State.Should().Be(step == "note" ? TokenState.Valid : TokenState.Missing);
    }

    [Fact]
    public async Task A_list_of_a_store_that_is_silent_ends_in_an_answer()
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        Task reached = world.Store.NextAsync("list");
        world.Store.Before = name => name == "list" ? new TaskCompletionSource().Task : Task.CompletedTask;

        Task<Seen> answer = browser.GetAsync("/connections", ("Accept", "application/json"));
        await reached;
        await PassAsync(world, answer);

        (await answer).Status.Should().Be(503);
    }

    private static async Task PassAsync(WebWorld world, Task answer)
    {
        while (!answer.IsCompleted)
        {
            if (world.Clock.NextTimerIn is { } next && next <= TimeSpan.FromSeconds(10))
                world.Clock.Advance(next);
            await Task.Yield();
        }
    }

    private sealed class SilentRequests : IAuthorizationRequestStore
    {
        private readonly InMemoryAuthorizationRequestStore _inner = new(new ManualTimeProvider());
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile string _silent = "";

        public Task SilenceAsync(string step)
        {
            _silent = step;
            return _reached.Task;
        }

        public async Task<bool> TryAddAsync(PendingAuthorization request, AuthorizationRequestBounds bounds, CancellationToken cancellationToken)
        {
            await AnswerAsync("add");
            return await _inner.TryAddAsync(request, bounds, cancellationToken);
        }

        public async Task<AuthorizationRedemption> TryRedeemAsync(string id, string browserId, CancellationToken cancellationToken)
        {
            await AnswerAsync("take");
            return await _inner.TryRedeemAsync(id, browserId, cancellationToken);
        }

        public async Task SetOutcomeAsync(string id, string outcome, CancellationToken cancellationToken)
        {
            await AnswerAsync("note");
            await _inner.SetOutcomeAsync(id, outcome, cancellationToken);
        }

        public Task<string?> FindOutcomeAsync(string id, string browserId, CancellationToken cancellationToken) => _inner.FindOutcomeAsync(id, browserId, cancellationToken);

        private Task AnswerAsync(string step)
        {
            if (_silent != step)
                return Task.CompletedTask;
            _reached.TrySetResult();
            return new TaskCompletionSource().Task;
        }
    }
}
