using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TokenLifecycle.Protocol;

namespace TokenLifecycle.Tests.Protocol;

public sealed class TlsTests : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    public TlsTests()
    {
        var request = new CertificateRequest("CN=test root", _rootKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = request.CreateSelfSigned(Now.AddDays(-30), Now.AddDays(30));
    }

    public void Dispose()
    {
        _root.Dispose();
        _rootKey.Dispose();
    }

    [Fact]
    public async Task TE_4_A_good_certificate_of_a_trusted_root_works()
    {
        (TokenReply reply, int requests) = await RefreshAsync("localhost", -1, 1, trusted: true);

        reply.IsSuccess.Should().BeTrue(reply.Detail);
        requests.Should().Be(1);
    }

    [Theory]
    [InlineData("localhost", -1, 1, false)]
    [InlineData("localhost", -20, -10, true)]
    [InlineData("localhost", 10, 20, true)]
    [InlineData("idp.example", -1, 1, true)]
    public async Task TE_4_F39_An_untrusted_expired_early_or_wrong_host_certificate_fails_and_nothing_is_sent(string host, int fromDay, int toDay, bool trusted)
    {
        (TokenReply reply, int requests) = await RefreshAsync(host, fromDay, toDay, trusted);

        reply.Outcome.Should().Be(TokenOutcome.NotSent);
        reply.Failure.Should().Be(TokenFailureKind.Network);
        reply.Detail.Should().Contain("SecureConnectionError");
        requests.Should().Be(0);
    }

    private async Task<(TokenReply Reply, int Requests)> RefreshAsync(string host, int fromDay, int toDay, bool trusted)
    {
        using X509Certificate2 certificate = Issue(host, fromDay, toDay);
        await using var server = new RawServer(
            async (_, wire, stop) =>
            {
                await wire.WriteAsync(System.Text.Encoding.UTF8.GetBytes(RawServer.Response(Wire.Success())), stop);
                return true;
            },
            async stream =>
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(certificate);
                return tls;
            });
        // The handler that ships, and nothing but the list of roots changed.
        SocketsHttpHandler handler = BackChannel.CreateHandler();
        if (trusted)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { _root },
                RevocationMode = X509RevocationMode.NoCheck,
            };
        }

        using var wire = new Wire(handler);
        return (await wire.RefreshAsync($"https://localhost:{server.Port}"), server.Requests.Count);
    }

    private X509Certificate2 Issue(string host, int fromDay, int toDay)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 bare = request.Create(_root, Now.AddDays(fromDay), Now.AddDays(toDay), RandomNumberGenerator.GetBytes(8));
        return bare.CopyWithPrivateKey(key);
    }
}
