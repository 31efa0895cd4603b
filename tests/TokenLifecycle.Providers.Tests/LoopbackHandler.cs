using System.Net;

namespace TokenLifecycle.Providers.Tests;

/// <summary>The network of the tests: every https address is served by one loopback server, which sees the address that was meant.</summary>
internal sealed class LoopbackHandler(int port) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Uri meant = request.RequestUri!;
        if (meant.Scheme != Uri.UriSchemeHttps)
            throw new InvalidOperationException($"{meant} is not https.");
        request.Headers.Host = meant.Authority;
        request.RequestUri = new UriBuilder(meant) { Scheme = Uri.UriSchemeHttp, Host = IPAddress.Loopback.ToString(), Port = port }.Uri;
        return base.SendAsync(request, cancellationToken);
    }
}
