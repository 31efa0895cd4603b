#region first-provider
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Protocol;

internal static class FirstProvider
{
    public static void Main()
    {
        var services = new ServiceCollection();
        services.AddTokenLifecycle()
            .AddGitHub(o => (o.ClientId, o.ClientSecret) = ("your-client-id", "your-client-secret"))     // or .AddGitHub(configuration.GetSection("GitHub"))
            .AddMicrosoft(o =>
            {
                (o.ClientId, o.ClientSecret) = ("your-client-id", "your-client-secret");
                o.Placeholders["tenant"] = "contoso.onmicrosoft.com";
            });
        using ServiceProvider app = services.BuildServiceProvider();

        var flow = app.GetRequiredService<IAuthorizationCodeFlow>();
        AuthorizationRequest request = flow.CreateRequest("microsoft", new Uri("https://your-app.example/callback"));
        Console.WriteLine($"send the user to {request.Url.GetLeftPart(UriPartial.Path)}");
    }
}
#endregion
