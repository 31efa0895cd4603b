using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using TokenLifecycle;
using TokenLifecycle.Protocol;

namespace KeepAlive;

/// <summary>
/// Connects a user through the authorization code flow: sends a browser to the provider and receives the callback on localhost. A simulated provider
/// consents automatically, so a plain HTTP client replaces the browser.
/// </summary>
internal sealed class Connector(IAuthorizationCodeFlow flow, ITokenManager tokens, Uri callback)
{
    public async Task ConnectAsync(TokenKey key, bool inBrowser, CancellationToken cancellationToken)
    {
        await using WebApplication listener = Listen(out ChannelReader<string> callbacks);
        await listener.StartAsync(cancellationToken);

        AuthorizationRequest request = flow.CreateRequest(key.Provider, callback);
        if (inBrowser)
            OpenBrowser(request.Url);
        else
            await VisitAsync(request.Url, cancellationToken);

        AuthorizationResponse response = AuthorizationResponse.Parse(await callbacks.ReadAsync(cancellationToken));
        TokenSet received = await flow.ExchangeAsync(request, response, cancellationToken);
        await tokens.SaveAsync(key, received, cancellationToken);
        await listener.StopAsync(cancellationToken);
    }

    private WebApplication Listen(out ChannelReader<string> callbacks)
    {
        var queries = Channel.CreateUnbounded<string>();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders(); // The framework logs callback addresses with the code in them.
        builder.WebHost.UseUrls(callback.GetLeftPart(UriPartial.Authority));
        WebApplication app = builder.Build();
        app.MapGet(callback.AbsolutePath, (HttpContext context) =>
        {
            queries.Writer.TryWrite(context.Request.QueryString.Value ?? "");
            return "Connected. You can close this page.";
        });
        callbacks = queries.Reader;
        return app;
    }

    private static async Task VisitAsync(Uri address, CancellationToken cancellationToken)
    {
        using var browser = new HttpClient();
        using HttpResponseMessage page = await browser.GetAsync(address, cancellationToken);
        page.EnsureSuccessStatusCode();
    }

    private static void OpenBrowser(Uri address)
    {
        Console.WriteLine($"Open this address to connect:\n{address}");
        try
        {
            Process.Start(new ProcessStartInfo(address.AbsoluteUri) { UseShellExecute = true })?.Dispose();
        }
        catch (Exception)
        {
            // There is no browser on this machine. The address is printed.
        }
    }
}
