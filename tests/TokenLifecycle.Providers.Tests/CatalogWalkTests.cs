using System.Net;
using TokenLifecycle.Protocol;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Providers.Tests;

/// <summary>Every deep provider: connect, call, refresh, rotate, each documented error, revoke. The server is the provider's own dialect.</summary>
public sealed class CatalogWalkTests
{
    public static TheoryData<string> Connectable => new(Dialect.Names.Where(static name => Dialect.Read(name).Blocked is null));

    [Theory]
    [MemberData(nameof(Connectable))]
    public async Task A_provider_connects_and_its_tokens_are_kept_fresh(string provider)
    {
        var clock = new ManualTimeProvider();
        Dialect dialect = Dialect.Read(provider);
        await using DialectServer server = await DialectServer.StartAsync(dialect, clock);
        await using DialectWorld world = DialectWorld.Create(server, provider, clock);

        TokenSet tokens = await world.ConnectAsync();
        server.Violations.Should().BeEmpty();
        tokens.AccountId.Should().Be(dialect.Account);
        tokens.AccessToken.Should().Be(server.Tokens.Access);
        foreach ((string path, string value) in dialect.Captured)
            tokens.Captured.GetValueOrDefault(path).Should().Be(value, path);
        (await world.Tokens.GetStatusAsync(world.Key)).MissingScopes.Should().BeEmpty();
        await CallAsync(world, server, dialect.Api);

        for (int i = 1; i <= 3 && dialect.RefreshReply is not null; i++)
        {
            AccessToken refreshed = await world.RefreshAsync();
            server.Violations.Should().BeEmpty();
            server.Tokens.Refreshes.Should().Be(i);
            refreshed.Value.Should().Be(server.Tokens.Access);
            if (dialect.Token!.Credential == "refresh")
                (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(server.Tokens.Refresh);
        }

        (await world.StoredAsync()).Tokens.AccountId.Should().Be(dialect.Account);
        await CallAsync(world, server, dialect.Api);
    }

    [Theory]
    [MemberData(nameof(Connectable))]
    public async Task Each_documented_error_has_the_consequence_that_it_should(string provider)
    {
        Dialect dialect = Dialect.Read(provider);
        foreach (ErrorPart error in dialect.Errors)
        {
            var clock = new ManualTimeProvider();
            await using DialectServer server = await DialectServer.StartAsync(dialect, clock);
            await using DialectWorld world = DialectWorld.Create(server, provider, clock);
            if (error.Grant == "code")
                await CheckCodeErrorAsync(world, server, error);
            else
                await CheckRefreshErrorAsync(world, server, error);
            server.Violations.Should().BeEmpty();
        }
    }

    [Theory]
    [MemberData(nameof(Connectable))]
    public async Task Disconnecting_revokes_as_the_provider_documents(string provider)
    {
        var clock = new ManualTimeProvider();
        Dialect dialect = Dialect.Read(provider);
        await using DialectServer server = await DialectServer.StartAsync(dialect, clock);
        await using DialectWorld world = DialectWorld.Create(server, provider, clock);
        await world.ConnectAsync();

        RevocationOutcome outcome = await world.Tokens.DisconnectAsync(world.Key);

        server.Violations.Should().BeEmpty();
        outcome.Should().Be(dialect.Revocation is null ? RevocationOutcome.NotSupported : RevocationOutcome.Revoked);
        server.Revocations.Should().Be(dialect.Revocation is null ? 0 : 1);
    }

    private static async Task CallAsync(DialectWorld world, DialectServer server, string? api)
    {
        if (api is null)
            return;
        int calls = server.ApiCalls;
        using HttpResponseMessage answer = await world.CallAsync(api);
        server.Violations.Should().BeEmpty();
        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        server.ApiCalls.Should().Be(api == server.Dialect.UserInfo?.Url ? calls : calls + 1);
    }

    private static async Task CheckCodeErrorAsync(DialectWorld world, DialectServer server, ErrorPart error)
    {
        server.Tokens.Error = error;
        AuthorizationFailedException failure = (await world.Invoking(static w => w.AuthorizeAsync()).Should().ThrowAsync<AuthorizationFailedException>()).Which;
        failure.Kind.Should().Be(
            error.Means switch
            {
                "code" => AuthorizationFailureKind.CodeRejected,
                "operator" => AuthorizationFailureKind.ClientRejected,
                _ => AuthorizationFailureKind.Temporary,
            },
            $"{error.Status} {error.Body} says so");
    }

    private static async Task CheckRefreshErrorAsync(DialectWorld world, DialectServer server, ErrorPart error)
    {
        await world.ConnectAsync();
        await world.RefreshAsync();
        server.Tokens.Error = error;
        Func<Task> refresh = () => world.RefreshAsync();
        string because = $"{error.Status} {error.Body} says so";
        switch (error.Means)
        {
            case "reconnect":
                await refresh.Should().ThrowAsync<ReauthorizationRequiredException>(because);
                return;
            case "operator":
                await refresh.Should().ThrowAsync<ProviderConfigurationException>(because);
                break;
            default:
                await refresh.Should().ThrowAsync<TokenTemporarilyUnavailableException>(because);
                break;
        }

        if (server.Dialect.Token!.Credential == "refresh")
            (await world.StoredAsync()).Tokens.RefreshToken.Should().Be(server.Tokens.Refresh, "nothing is lost");
    }
}
