using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Storage;

public sealed class KeyRingTokenProtectorTests
{
    private const string Field = "refresh_token";
    private static readonly TokenKey _key = new("strava", "ada");
    private readonly KeyRingTokenProtector _protector = KeyRings.Protector("k-1", ["k-1", "k-0"], Canary.NewKey());

    [Fact]
    public void What_was_protected_comes_back_whatever_it_is() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
        {
            string valid = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get)); // Half a surrogate pair has no UTF-8 form; tokens are ASCII.
            return _protector.Unprotect(_key, Field, _protector.Protect(_key, Field, valid)) == valid;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void B7_tokens_of_32_KiB_come_back()
    {
        string token = new('x', 32 * 1024);

        _protector.Unprotect(_key, Field, _protector.Protect(_key, Field, token)).Should().Be(token);
    }

    [Fact]
    public void ST_2_F46_every_single_bit_flip_is_refused()
    {
        byte[] payload = Encoding.ASCII.GetBytes(_protector.Protect(_key, Field, Canary.New("rt")));
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
    public void F46_every_truncation_and_every_extension_is_refused()
    {
        string payload = _protector.Protect(_key, Field, Canary.New("rt"));

        Enumerable.Range(0, payload.Length).Where(length => IsAccepted(payload[..length])).Should().BeEmpty();
        new[] { "=", "==", "A", " ", "\n", ".", "." + payload }.Where(tail => IsAccepted(payload + tail)).Should().BeEmpty();
        IsAccepted(" " + payload).Should().BeFalse();
    }

    [Fact]
    public void CVE_2021_32791_the_same_value_is_never_protected_the_same_way_twice()
    {
        string value = Canary.New("rt");

        Enumerable.Range(0, 1000).Select(_ => _protector.Protect(_key, Field, value)).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void ST_3_MT_2_the_parts_a_value_is_bound_to_cannot_be_shifted_into_each_other()
    {
        string payload = _protector.Protect(new TokenKey("a", "b:c", "d"), "e", Canary.New("rt"));

        TokenKey[] others = [new("a:b", "c", "d"), new("a", "b", "c:d"), new("A", "b:c", "d"), new("a", "b:c ", "d"), new("a", "b:c", "D")];
        others.Where(other => IsAccepted(payload, other, "e")).Should().BeEmpty();
        IsAccepted(payload, new TokenKey("a", "b:c", "d"), "E").Should().BeFalse();
        IsAccepted(payload, new TokenKey("a", "b:c", "d"), "e").Should().BeTrue();
    }

    [Fact]
    public void ST_4_another_purpose_of_the_same_key_reads_nothing()
    {
        string payload = _protector.Protect(_key, "access_token", Canary.New("at"));

        new[] { Field, "captured.access_token", "state" }.Where(field => IsAccepted(payload, _key, field)).Should().BeEmpty();
    }

    [Fact]
    public void A_payload_under_another_key_of_the_same_id_is_refused_without_a_word_of_its_content()
    {
        string payload = KeyRings.Protector("k-1", ["k-1"], Canary.NewKey()).Protect(_key, Field, Canary.New("rt"));

        string message = _protector.Invoking(p => p.Unprotect(_key, Field, payload)).Should().Throw<UnreadableTokenException>().Which.ToString();

        message.Should().Contain("strava/#82b64d7d1c69/default").And.Contain("another key of the same id").And.NotContain(payload[8..20]);
    }

    private bool IsAccepted(string payload, TokenKey? key = null, string field = Field)
    {
        try
        {
            _protector.Unprotect(key ?? _key, field, payload);
            return true;
        }
        catch (UnreadableTokenException)
        {
            return false;
        }
    }
}
