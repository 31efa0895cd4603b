using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Contracts;

/// <summary>What everything that encrypts stored values has to do.</summary>
public abstract class TokenProtectorContract
{
    protected const string Field = "refresh_token";

    protected static TokenKey Key { get; } = new("strava", "ada");

    protected abstract ITokenProtector Protector { get; }

    [Fact]
    public void What_was_protected_comes_back_whatever_it_is() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
        {
            string valid = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get)); // Half a surrogate pair has no UTF-8 form; tokens are ASCII.
            return Protector.Unprotect(Key, Field, Protector.Protect(Key, Field, valid)) == valid;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void B7_tokens_of_32_KiB_come_back()
    {
        string token = new('x', 32 * 1024);

        Protector.Unprotect(Key, Field, Protector.Protect(Key, Field, token)).Should().Be(token);
    }

    /// <summary>Three lengths: of some the last character has bits to spare, which a lax decoder does not look at.</summary>
    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(96)]
    public void ST_2_F46_CVE_2026_40372_every_single_bit_flip_is_refused(int length)
    {
        byte[] payload = Encoding.ASCII.GetBytes(Protector.Protect(Key, Field, Canary.New("rt").PadRight(length)));
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
    public void ST_2_F46_every_truncation_and_every_extension_is_refused()
    {
        string payload = Protector.Protect(Key, Field, Canary.New("rt"));

        Enumerable.Range(0, payload.Length).Where(length => IsAccepted(payload[..length])).Should().BeEmpty();
        new[] { "=", "==", "A", " ", "\n", ".", "." + payload }.Where(tail => IsAccepted(payload + tail)).Should().BeEmpty();
        IsAccepted(" " + payload).Should().BeFalse();
    }

    [Fact]
    public void CVE_2021_32791_the_same_value_is_never_protected_the_same_way_twice()
    {
        string value = Canary.New("rt");

        Enumerable.Range(0, 1000).Select(_ => Protector.Protect(Key, Field, value)).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void ST_3_MT_2_the_parts_a_value_is_bound_to_cannot_be_shifted_into_each_other()
    {
        string payload = Protector.Protect(new TokenKey("a", "b:c", "d"), "e", Canary.New("rt"));

        TokenKey[] others = [new("a:b", "c", "d"), new("a", "b", "c:d"), new("A", "b:c", "d"), new("a", "b:c ", "d"), new("a", "b:c", "D"), new("a", "d", "b:c"), new("a", "b:c", "d") { Tenant = "t" }];
        others.Where(other => IsAccepted(payload, other, "e")).Should().BeEmpty();
        IsAccepted(payload, new TokenKey("a", "b:c", "d"), "E").Should().BeFalse();
        IsAccepted(payload, new TokenKey("a", "b:c", "d"), "e").Should().BeTrue();
    }

    [Fact]
    public void ST_4_another_purpose_of_the_same_key_reads_nothing()
    {
        string payload = Protector.Protect(Key, "access_token", Canary.New("at"));

        new[] { Field, "captured.access_token", "state" }.Where(field => IsAccepted(payload, Key, field)).Should().BeEmpty();
    }

    private bool IsAccepted(string payload, TokenKey? key = null, string field = Field)
    {
        try
        {
            Protector.Unprotect(key ?? Key, field, payload);
            return true;
        }
        catch (UnreadableTokenException)
        {
            return false;
        }
    }
}
