using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Options;

namespace TokenLifecycle.Benchmarks;

/// <summary>An app as its authors would set it up, with connections that need no thought for hours.</summary>
internal static class BenchWorld
{
    public const string Provider = "strava";
    public const string ApiOrigin = "https://api.example.com";

    /// <summary>What is warm stays so while it is measured.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromHours(6);

    public static ServiceCollection Services()
    {
        var services = new ServiceCollection();
        services.AddTokenLifecycle(static o => o.CacheDuration = Long).AddProvider(Provider, Configure);
        return services;
    }

    public static void Configure(OAuthProviderOptions options)
    {
        options.AuthorizationEndpoint = "https://auth.example.com/authorize";
        options.TokenEndpoint = "https://auth.example.com/token";
        options.ClientId = "client";
        options.ClientSecret = "secret-of-the-benchmarks";
        options.ApiOrigins = [ApiOrigin];
        options.Scopes = ["read"];
    }

    /// <summary>A key as an app would make it: a short provider's name, a user id of 36 characters.</summary>
    public static TokenKey KeyOf(int number) => new(Provider, string.Create(CultureInfo.InvariantCulture, $"00000000-0000-7000-8000-{number:d12}"));

    public static TokenSet Tokens(int number)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return new TokenSet
        {
            AccessToken = string.Create(CultureInfo.InvariantCulture, $"access-{number:d12}-0123456789012345678901"),
            RefreshToken = string.Create(CultureInfo.InvariantCulture, $"refresh-{number:d12}-012345678901234567890"),
            IssuedAt = now,
            ExpiresAt = now + Long,
            Scopes = ["read"],
        };
    }

    /// <summary>Saves so many connections and asks for each once.</summary>
    public static async Task<TokenKey[]> WarmUpAsync(ITokenManager tokens, int connections)
    {
        var keys = new TokenKey[connections];
        for (int i = 0; i < connections; i++)
        {
            keys[i] = KeyOf(i);
            await tokens.SaveAsync(keys[i], Tokens(i));
            await tokens.GetAccessTokenAsync(keys[i]);
        }

        return keys;
    }

    /// <summary>A warm token is there when the call returns.</summary>
    public static AccessToken AtOnce(ValueTask<AccessToken> get) => get.IsCompletedSuccessfully ? get.Result : throw new InvalidOperationException("A warm token was not there at once.");
}
