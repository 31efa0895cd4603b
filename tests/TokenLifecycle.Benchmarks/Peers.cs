using System.Net;
using System.Net.Mime;
using System.Text;
using Microsoft.Identity.Client;

namespace TokenLifecycle.Benchmarks;

/// <summary>Other libraries, set up as their documentation says, with token endpoints that answer at once.</summary>
internal static class Peers
{
    public static IConfidentialClientApplication Msal() => ConfidentialClientApplicationBuilder
        .Create("00000000-0000-0000-0000-000000000001")
        .WithClientSecret("secret")
        .WithAuthority("https://login.microsoftonline.com/00000000-0000-0000-0000-000000000002")
        .WithInstanceDiscovery(enableInstanceDiscovery: false)
        .WithHttpClientFactory(new CannedTokens())
        .Build();

    private sealed class CannedTokens : HttpMessageHandler, IMsalHttpClientFactory
    {
        public HttpClient GetHttpClient() => new(this, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StringContent("""{"token_type":"Bearer","expires_in":21600,"ext_expires_in":21600,"access_token":"access"}""", Encoding.UTF8, MediaTypeNames.Application.Json),
        });
    }
}
