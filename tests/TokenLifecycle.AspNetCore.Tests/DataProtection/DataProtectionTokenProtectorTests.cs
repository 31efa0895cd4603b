using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.DataProtection;

public sealed class DataProtectionTokenProtectorTests
{
    private const string Field = "refresh_token";
    private static readonly TokenKey _key = new("strava", "ada");
    private readonly EphemeralDataProtectionProvider _provider = new();
    private readonly DataProtectionTokenProtector _protector;

    public DataProtectionTokenProtectorTests() => _protector = new DataProtectionTokenProtector(_provider);

    [Theory]
    [InlineData("")]
    [InlineData("i7ne!IAAA")]
    [InlineData("zwölf ☃ \U0001F600")]
    public void What_was_protected_comes_back_whatever_it_is(string value) =>
        _protector.Unprotect(_key, Field, _protector.Protect(_key, Field, value)).Should().Be(value);

    [Fact]
    public void B7_tokens_of_32_KiB_come_back()
    {
        string token = new('x', 32 * 1024);

        _protector.Unprotect(_key, Field, _protector.Protect(_key, Field, token)).Should().Be(token);
    }

    /// <summary>Three lengths: of some the last character has bits to spare, which a lax decoder does not look at.</summary>
    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(96)]
    public void ST2_CVE_2026_40372_every_single_bit_flip_is_refused(int length)
    {
        byte[] payload = Encoding.ASCII.GetBytes(_protector.Protect(_key, Field, Canary.New("rt").PadRight(length)));
        var accepted = new List<int>();
        for (int bit = 0; bit < payload.Length * 8; bit++)
        {
            payload[bit / 8] ^= (byte)(1 << (bit % 8));
            if (IsAccepted(Encoding.Latin1.GetString(payload)))
                accepted.Add(bit);
            payload[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        accepted.Should().BeEmpty();
        IsAccepted(Encoding.ASCII.GetString(payload)).Should().BeTrue("the flips were taken back");
    }

    [Fact]
    public void ST2_every_truncation_and_every_extension_is_refused()
    {
        string payload = _protector.Protect(_key, Field, Canary.New("rt"));

        Enumerable.Range(0, payload.Length).Where(length => IsAccepted(payload[..length])).Should().BeEmpty();
        new[] { "=", "==", "A", " ", "\n", ".", "." + payload }.Where(tail => IsAccepted(payload + tail)).Should().BeEmpty();
        IsAccepted(" " + payload).Should().BeFalse();
    }

    [Fact]
    public void CVE_2026_40372_the_loaded_Data_Protection_is_not_one_that_accepts_forged_payloads()
    {
        FileVersionInfo loaded = FileVersionInfo.GetVersionInfo(_provider.GetType().Assembly.Location);

        // File versions of the shared framework are 10.0.726.12345 for 10.0.7; the product version says it plainly.
        Version version = Version.Parse(loaded.ProductVersion!.Split('+', '-')[0]);

        (version >= new Version(10, 0, 7)).Should().BeTrue($"10.0.0 to 10.0.6 do, and this is {version}: raise the version of the SDK in global.json and of the runtime");
    }

    [Fact]
    public void CVE_2021_32791_the_same_value_is_never_protected_the_same_way_twice()
    {
        string value = Canary.New("rt");

        Enumerable.Range(0, 500).Select(_ => _protector.Protect(_key, Field, value)).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void ST3_a_value_is_bound_to_each_part_of_its_key_and_to_its_field()
    {
        string payload = _protector.Protect(new TokenKey("a", "b:c", "d"), "e", Canary.New("rt"));

        TokenKey[] others = [new("a:b", "c", "d"), new("a", "b", "c:d"), new("A", "b:c", "d"), new("a", "b:c ", "d"), new("a", "b:c", "D"), new("a", "d", "b:c")];
        others.Where(other => IsAccepted(payload, other, "e")).Should().BeEmpty();
        IsAccepted(payload, new TokenKey("a", "b:c", "d"), "E").Should().BeFalse();
        IsAccepted(payload, new TokenKey("a", "b:c", "d"), "e").Should().BeTrue();
    }

    /// <summary>Three parties with the same keys: what one wrote only that one reads.</summary>
    [Fact]
    public void ST4_CVE_2023_48309_tokens_the_flow_and_cookies_do_not_read_each_other()
    {
        (string Name, Func<string, string> Write, Func<string, string> Read)[] parties =
        [
            ("token", value => _protector.Protect(_key, Field, value), payload => _protector.Unprotect(_key, Field, payload)),
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
        string payload = new DataProtectionTokenProtector(new EphemeralDataProtectionProvider()).Protect(_key, Field, Canary.New("rt"));

        Action read = () => _protector.Unprotect(_key, Field, payload);

        string message = read.Should().Throw<UnreadableTokenException>().Which.Message;
        message.Should().Contain("strava/#82b64d7d1c69/default").And.Contain("SetApplicationName").And.Contain("backup").And.NotContain(payload[8..28]);
        _protector.Invoking(p => p.Unprotect(_key, Field, Canary.New("rt"))).Should().Throw<UnreadableTokenException>().WithMessage("*was not written with Data Protection*");
    }

    private static (string Name, Func<string, string> Write, Func<string, string> Read) Party(string name, IDataProtector protector) =>
        (name, value => DataProtectionCommonExtensions.Protect(protector, value), payload => DataProtectionCommonExtensions.Unprotect(protector, payload));

    /// <summary>Without our mark, so that it is not the mark alone that keeps them apart.</summary>
    private static string Bare(string payload) => payload.StartsWith("dp1.", StringComparison.Ordinal) ? payload[4..] : "dp1." + payload;

    private bool IsAccepted(string payload, TokenKey? key = null, string field = Field) => IsRead(() => _protector.Unprotect(key ?? _key, field, payload));

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
}
