using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TokenLifecycle;
using TokenLifecycle.Http;
using TokenLifecycle.Options;
using TokenLifecycle.Testing;

namespace Snippets;

internal static class Pieces
{
    public static async Task AskAsync(ITokenManager tokens, string userId, CancellationToken ct)
    {
        #region ask
        AccessToken token = await tokens.GetAccessTokenAsync(new TokenKey("strava", userId), ct);
        #endregion

        #region ask-for-longer
        AccessToken forAnUpload = await tokens.GetAccessTokenAsync(new TokenKey("strava", userId), TimeSpan.FromMinutes(10), ct);
        #endregion

        #region status
        ConnectionStatus status = await tokens.GetStatusAsync(new TokenKey("strava", userId), ct);
        if (status.State == TokenState.ReauthorizationRequired)
            Console.WriteLine($"Reconnect at {status.ReconnectPath}: {status.Reason}");
        #endregion

        #region disconnect
        RevocationOutcome outcome = await tokens.DisconnectAsync(new TokenKey("strava", userId), ct);
        if (outcome is RevocationOutcome.NotSupported or RevocationOutcome.Failed)
            Console.WriteLine("Please also remove the app in the provider's own settings.");
        #endregion
    }

    public static async Task CheckAsync(IHost app)
    {
        #region validate-schema
        await app.Services.ValidateTokenLifecycleSchemaAsync(); // TokenStoreNotReadyException.Problems: subject, message, DDL
        #endregion
    }

    public static void Configure(IServiceCollection services, IConfiguration configuration)
    {
        #region add-a-provider
        services.AddTokenLifecycle()
            .AddProvider("acme", configuration.GetSection("Acme"));
        services.AddHttpClient("acme").AddTokenHandler("acme");
        #endregion

        #region any-provider
        services.AddTokenLifecycle(o => o.RefreshBefore = TimeSpan.FromMinutes(10))
            .AddProvider("acme", o =>
            {
                o.ClientId = "my-app";
                o.ClientSecret = configuration["Acme:ClientSecret"];
                o.Scopes = ["read", "offline_access"];
                o.AuthorizationEndpoint = "https://id.acme.example/authorize";
                o.TokenEndpoint = "https://id.acme.example/token";
                o.RevocationEndpoint = "https://id.acme.example/revoke";
                o.ApiOrigins = ["https://api.acme.example"];
                o.ErrorRules = [new TokenErrorRule { Path = "error", Value = "bad_refresh_token", Kind = TokenErrorKind.InvalidGrant }];
            });
        #endregion

        #region from-configuration
        services.AddTokenLifecycle(configuration: configuration.GetSection("TokenLifecycle"))
            .AddProvider("acme", configuration.GetSection("Acme"));
        #endregion

        #region client-credentials
        services.AddTokenLifecycle().AddProvider("reports", o =>
        {
            o.GrantType = OAuthGrantType.ClientCredentials;
            o.ClientId = "my-app";
            o.ClientSecret = configuration["Reports:ClientSecret"];
            o.TokenEndpoint = "https://id.acme.example/token";
            o.ApiOrigins = ["https://reports.acme.example"];
        });
        services.AddHttpClient("reports").AddTokenHandler("reports");            // no user to name
        #endregion

        #region handler-options
        services.AddHttpClient("coach").AddTokenHandler("strava", o => o.Connection = "coach");       // of the request's user
        services.AddHttpClient("company").AddTokenHandler("google", o => o.UserId = "our-company");   // the same user for all requests
        #endregion

        #region health
        services.AddHealthChecks().AddTokenLifecycle();
        #endregion

        #region observer
        services.AddTokenLifecycle().AddObserver<MailTheUser>();
        #endregion
    }

    public static async Task NameTheUserAsync(HttpClient http, string userId)
    {
        #region name-on-request
        using var request = new HttpRequestMessage(HttpMethod.Get, "athlete").ForUser(userId);
        using HttpResponseMessage response = await http.SendAsync(request);
        #endregion

        #region name-around
        using (TokenUser.BeginScope(userId))
            await http.GetStringAsync("athlete");
        #endregion

        #region scope
        if (response.StatusCode == HttpStatusCode.Forbidden && response.IsInsufficientScope(out string? needed))
            Console.WriteLine($"The user has to reconnect and grant {needed}.");
        #endregion
    }

    public static async Task TestAsync(IServiceCollection services)
    {
        #region testing
        await using var strava = await SimulatedAuthorizationServer.StartAsync(o => o.Dialect = Dialect.Strava);
        services.AddTokenLifecycle().AddStrava(strava.Configure);              // endpoints, client, API origin
        TokenSet tokens = strava.IssueTokens(strava.SignedInUser, "read");     // as though the user had connected
        strava.TokenEndpoint.FailNext(Fault.DropAfterProcessing());            // rotated, and the reply is lost
        int reused = strava.Log.ReusedRefreshTokens;                           // 0, after your app has run
        #endregion
    }

    public static async Task TestWithAClockAsync()
    {
        #region testing-clock
        var clock = new ManualTimeProvider();
        await using var server = await SimulatedAuthorizationServer.StartAsync(o =>
        {
            o.Dialect = Dialect.TrainingPeaks;              // Rfc6749, Strava, TrainingPeaks, Google
            o.TimeProvider = clock;
            o.ReuseGrace = TimeSpan.FromSeconds(30);        // default: none, reuse revokes the family
        });
        #endregion
    }
}

#region observer-class
internal sealed class MailTheUser(IMailer mailer) : ITokenLifecycleObserver
{
    public async ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken)
    {
        if (tokenEvent is { Kind: TokenEventKind.ReauthorizationRequired, Key: { } key })
            await mailer.AskToReconnectAsync(key.UserId, key.Provider, tokenEvent.Reason, cancellationToken);
    }
}
#endregion

internal interface IMailer
{
    Task AskToReconnectAsync(string userId, string provider, ReauthorizationReason? reason, CancellationToken cancellationToken);
}
