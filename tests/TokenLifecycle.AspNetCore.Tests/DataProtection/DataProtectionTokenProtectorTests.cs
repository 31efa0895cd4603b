using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.DataProtection;

public sealed class DataProtectionTokenProtectorTests : TokenProtectorContract
{
    private readonly EphemeralDataProtectionProvider _provider = new();

    public DataProtectionTokenProtectorTests() => Protector = new DataProtectionTokenProtector(_provider);

    protected override ITokenProtector Protector { get; }

    [Fact]
    public void CVE_2026_40372_the_loaded_Data_Protection_is_not_one_that_accepts_forged_payloads()
    {
        FileVersionInfo loaded = FileVersionInfo.GetVersionInfo(_provider.GetType().Assembly.Location);

        // File versions of the shared framework are 10.0.726.12345 for 10.0.7; the product version says it plainly.
        Version version = Version.Parse(loaded.ProductVersion!.Split('+', '-')[0]);

        (version >= new Version(10, 0, 7)).Should().BeTrue($"10.0.0 to 10.0.6 do, and this is {version}: raise the version of the SDK in global.json and of the runtime");
    }

    /// <summary>Three parties with the same keys: what one wrote only that one reads.</summary>
    [Fact]
    public void ST_4_CVE_2023_48309_tokens_the_flow_and_cookies_do_not_read_each_other()
    {
        (string Name, Func<string, string> Write, Func<string, string> Read)[] parties =
        [
            ("token", value => Protector.Protect(Key, Field, value), payload => Protector.Unprotect(Key, Field, payload)),
            Party("flow", _provider.CreateProtector("TokenLifecycle.AspNetCore.AuthorizationRequest.v1")),
            Party("cookie", _provider.CreateProtector("Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationMiddleware", "cookie", "v2")),
        ];

        var matrix =
            from writer in parties
            from reader in parties
            select (Writer: writer.Name, Reader: reader.Name, IsRead: IsRead(() => reader.Read(writer.Write("one value"))) || IsRead(() => reader.Read(Bare(writer.Write("one value")))));

        matrix.Where(cell => cell.IsRead).Select(cell => (cell.Writer, cell.Reader)).Should().Equal(("token", "token"), ("flow", "flow"), ("cookie", "cookie"));
    }

    [Fact]
    public void A_failure_says_what_to_do_and_nothing_of_the_content()
    {
        string payload = new DataProtectionTokenProtector(new EphemeralDataProtectionProvider()).Protect(Key, Field, Canary.New("rt"));

        Action read = () => Protector.Unprotect(Key, Field, payload);

        string message = read.Should().Throw<UnreadableTokenException>().Which.Message;
        message.Should().Contain("strava/#82b64d7d1c69/default").And.Contain("SetApplicationName").And.Contain("backup").And.NotContain(payload[8..28]);
        Protector.Invoking(p => p.Unprotect(Key, Field, Canary.New("rt"))).Should().Throw<UnreadableTokenException>().WithMessage("*was not written with Data Protection*");
    }

    private static (string Name, Func<string, string> Write, Func<string, string> Read) Party(string name, IDataProtector protector) =>
        (name, value => DataProtectionCommonExtensions.Protect(protector, value), payload => DataProtectionCommonExtensions.Unprotect(protector, payload));

    /// <summary>Without our mark, so that it is not the mark alone that keeps them apart.</summary>
    private static string Bare(string payload) => payload.StartsWith("dp1.", StringComparison.Ordinal) ? payload[4..] : "dp1." + payload;

    private static bool IsRead(Func<string> read)
    {
        try
        {
            read();
            return true;
        }
        catch (Exception refused) when (refused is UnreadableTokenException or CryptographicException)
        {
            return false;
        }
    }

    [Fact]
    [Trait("Rule", "FR-21")]
    public void Keys_that_are_no_longer_where_they_are_kept_are_reported()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        using ServiceProvider services = new ServiceCollection().AddDataProtection().PersistKeysToFileSystem(folder).Services.BuildServiceProvider();
        DataProtectionTokenProtector protector = new(services.GetRequiredService<IDataProtectionProvider>(), services.GetRequiredService<IOptions<KeyManagementOptions>>());
        protector.Protect(Key, Field, Canary.New("rt"));
        protector.Check().Should().BeEmpty();

        folder.Delete(recursive: true);

        protector.Check().Should().ContainSingle().Which.Message.Should().Contain("no longer in their storage");
        folder.Delete(recursive: true);
    }
}
