using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle;
using TokenLifecycle.Http;

namespace Snippets;

internal static class Tenants
{
    public static async Task AskAsync(ITokenManager tokens, string userId, CancellationToken ct)
    {
        #region tenant-key
        var anna = new TokenKey("strava", userId) { Tenant = "acme" };
        AccessToken token = await tokens.GetAccessTokenAsync(anna, ct);
        #endregion
    }

    public static void Configure(IServiceCollection services)
    {
        #region current-tenant
        services.AddTokenLifecycle()
            .UseCurrentTenant(all => all.GetRequiredService<IHttpContextAccessor>().HttpContext?.Items["tenant"] as string);
        #endregion
    }

    public static async Task CallAsync(HttpClient strava, string userId, CancellationToken ct)
    {
        #region name-tenant
        using (TokenUser.BeginScope(userId, tenant: "acme"))
            await strava.GetAsync("/api/v3/athlete", ct);

        await strava.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/v3/athlete").ForUser(userId, tenant: "globex"), ct);
        #endregion
    }
}
