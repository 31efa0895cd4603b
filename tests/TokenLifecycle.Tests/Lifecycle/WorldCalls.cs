using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.Lifecycle;

/// <summary>What the tests of the walks ask a world again and again.</summary>
internal static class WorldCalls
{
    public static Task<AccessToken> GetAsync(this World world, TokenKey? key = null) => world.Tokens.GetAccessTokenAsync(key ?? world.Key).AsTask();

    public static ITokenManager Tokens(this ServiceProvider process) => process.GetRequiredService<ITokenManager>();

    /// <summary>The token requests that have arrived. Counted on arrival: the server's log of their outcomes is written after a fault has been answered.</summary>
    public static IReadOnlyList<RecordedRequest> Posts(this World world) =>
        [.. world.Server.Log.Requests.Where(request => request.Path == world.Server.TokenEndpoint.Address.AbsolutePath)];

    public static Task<ConnectionStatus> StatusAsync(this World world) => world.Tokens.GetStatusAsync(world.Key);

    public static async Task<TokenTemporarilyUnavailableException> UnavailableAsync(this World world, TokenFailureKind kind)
    {
        Func<Task> get = () => world.GetAsync();
        TokenTemporarilyUnavailableException exception = (await get.Should().ThrowAsync<TokenTemporarilyUnavailableException>()).Which;
        exception.Kind.Should().Be(kind);
        return exception;
    }

    public static async Task ReauthorizationAsync(this World world, ReauthorizationReason reason)
    {
        Func<Task> get = () => world.GetAsync();
        (await get.Should().ThrowAsync<ReauthorizationRequiredException>()).Which.Reason.Should().Be(reason);
    }

    /// <summary>Puts tokens into the store behind the back of every process, as another process would.</summary>
    public static async Task<StoredToken> StoreBehindAsync(this World world, TokenSet tokens, DateTimeOffset? nextRefreshAt = null)
    {
        StoredToken? row = await world.Store.Inner.FindAsync(world.Key, CancellationToken.None);
        SaveResult saved = await world.Store.Inner.SaveAsync(
            new StoredToken { Key = world.Key, Tokens = tokens, ReceivedAt = world.Clock.GetUtcNow(), NextRefreshAt = nextRefreshAt },
            row?.Version ?? StoredToken.Unsaved,
            CancellationToken.None);
        saved.IsSaved.Should().BeTrue();
        return saved.Token!;
    }

    /// <summary>Refreshes as another process does, and returns what the server answered without storing it.</summary>
    public static async Task<TokenSet> RefreshBehindAsync(this World world, TokenSet tokens)
    {
        using var http = new HttpClient();
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "refresh_token"),
            new("refresh_token", tokens.RefreshToken),
            new("client_id", world.Server.ClientId),
            new("client_secret", world.Server.ClientSecret),
        ]);
        using HttpResponseMessage answer = await http.PostAsync(world.Server.TokenEndpoint.Address, form);
        answer.EnsureSuccessStatusCode();
        using var json = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        DateTimeOffset now = world.Clock.GetUtcNow();
        return tokens with
        {
            AccessToken = json.RootElement.GetProperty("access_token").GetString()!,
            RefreshToken = json.RootElement.GetProperty("refresh_token").GetString()!,
            IssuedAt = now,
            ExpiresAt = now + TimeSpan.FromSeconds(json.RootElement.GetProperty("expires_in").GetInt32()),
        };
    }

    /// <summary>The same tokens with an access token that has ended.</summary>
    public static TokenSet Ended(this TokenSet tokens, DateTimeOffset now) => new()
    {
        AccessToken = tokens.AccessToken,
        RefreshToken = tokens.RefreshToken,
        IssuedAt = now - TimeSpan.FromHours(2),
        ExpiresAt = now - TimeSpan.FromHours(1),
        Scopes = tokens.Scopes,
        AccountId = tokens.AccountId,
        Issuer = tokens.Issuer,
        ClientId = tokens.ClientId,
    };

    /// <summary>
    /// Lets the clock run through the short pauses of the library while real requests go on: one step for each round trip of our own to the same server,
    /// and never to a timer further away than <paramref name="longest"/>, so that no request meets its deadline.
    /// </summary>
    public static async Task RunShortAsync(this World world, Task work, TimeSpan? longest = null)
    {
        using var pace = new HttpClient();
        while (!work.IsCompleted)
        {
            using HttpResponseMessage answer = await pace.GetAsync(world.Server.Api.Address);
            if (world.Clock.NextTimerIn is { } next && next <= (longest ?? TimeSpan.FromSeconds(1)))
                world.Clock.Advance(next);
        }
    }
}
