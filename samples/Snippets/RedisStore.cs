using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Snippets;

internal static class RedisStore
{
    public static void Register(IServiceCollection services, IConfiguration configuration)
    {
        #region redis-store
        services.AddTokenLifecycle()
            .AddStrava(configuration.GetSection("Strava"))
            .UseRedisStore("redis-1:6379,redis-2:6379,ssl=true")
            .UseRedisAuthorizationRequests() // web apps: any node can complete the callback
            .ProtectWithKeys(configuration.GetSection("TokenKeys"));
        #endregion
    }
}
