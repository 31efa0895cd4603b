using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Storage;

public sealed class KeyRingTokenProtectorTests : TokenProtectorContract
{
    private static readonly string Secret = Canary.NewKey();

    protected override ITokenProtector Protector { get; } = KeyRings.Protector("k-1", ["k-1", "k-0"], Secret);

    [Fact]
    public void A_payload_under_another_key_of_the_same_id_is_refused_without_a_word_of_its_content()
    {
        string payload = KeyRings.Protector("k-1", ["k-1"], Canary.NewKey()).Protect(Key, Field, Canary.New("rt"));

        string message = Protector.Invoking(p => p.Unprotect(Key, Field, payload)).Should().Throw<UnreadableTokenException>().Which.ToString();

        message.Should().Contain("strava/#82b64d7d1c69/default").And.Contain("another key of the same id").And.NotContain(payload[8..20]);
    }

    [Fact]
    public void A_ring_whose_key_was_exchanged_under_its_id_reads_nothing_that_the_old_key_wrote_though_it_was_in_use()
    {
        TokenKeyRing ring = RingOf(1);
        var protector = new KeyRingTokenProtector(_ => ring, static () => []);
        string payload = protector.Protect(Key, Field, Canary.New("rt"));
        protector.Unprotect(Key, Field, payload).Should().NotBeEmpty();

        ring = RingOf(2);

        protector.Invoking(p => p.Unprotect(Key, Field, payload)).Should().Throw<UnreadableTokenException>();
        protector.Unprotect(Key, Field, protector.Protect(Key, Field, "new")).Should().Be("new", "what is written now is written with the key that counts now");
    }

    [Fact]
    public void A_payload_of_another_format_is_not_said_to_have_been_changed()
    {
        string payload = "tl1" + Protector.Protect(Key, Field, Canary.New("rt"))[3..];

        Protector.Invoking(p => p.Unprotect(Key, Field, payload)).Should().Throw<UnreadableTokenException>().WithMessage("*was not written by this protector*");
    }

    [Fact]
    public void What_more_writers_wrote_than_are_remembered_comes_back_each_time()
    {
        string[] payloads = [.. Enumerable.Range(0, (2 * MessageCiphers.Generation) + 10).Select(number => KeyRings.Protector("k-1", ["k-1"], Secret).Protect(Key, Field, $"token {number}"))];

        for (int round = 0; round < 3; round++)
            payloads.Select(payload => Protector.Unprotect(Key, Field, payload)).Should().Equal(payloads.Select((_, number) => $"token {number}"));
    }

    [Fact]
    public void Many_threads_protect_and_read_at_once()
    {
        var wrong = new ConcurrentQueue<int>();
        Parallel.For(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, number =>
        {
            string token = $"token {number} of many, which is somewhat longer than a block";
            if (Protector.Unprotect(Key, Field, Protector.Protect(Key, Field, token)) != token)
                wrong.Enqueue(number);
        });

        wrong.Should().BeEmpty();
    }

    /// <summary>What keeps random nonces of 96 bits from repeating under one key (NIST SP 800-38D section 8.3), however much is written.</summary>
    [Fact]
    public void A_writer_takes_a_new_salt_when_one_was_used_often_enough_and_no_nonce_comes_twice()
    {
        var salts = new Dictionary<UInt128, int>();
        var nonces = new HashSet<UInt128>();
        for (int number = 0; number <= KeyRingTokenProtector.MessagesPerSalt; number++)
        {
            byte[] message = Base64Url.DecodeFromChars(Protector.Protect(Key, Field, "").AsSpan("tl2.k-1.".Length));
            UInt128 salt = new(BitConverter.ToUInt64(message, 0), BitConverter.ToUInt64(message, 8));
            salts[salt] = salts.GetValueOrDefault(salt) + 1;
            nonces.Add(new UInt128(BitConverter.ToUInt32(message, 16), BitConverter.ToUInt64(message, 20)));
        }

        nonces.Should().HaveCount(KeyRingTokenProtector.MessagesPerSalt + 1);
        salts.Values.Should().BeEquivalentTo([KeyRingTokenProtector.MessagesPerSalt, 1]);
    }

    private static TokenKeyRing RingOf(byte first) => TokenKeyRing.TryCreate(
        "one", [KeyValuePair.Create("one", (string?)Convert.ToBase64String(SHA256.HashData([first])))], out _)!;
}
