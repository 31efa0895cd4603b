using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Storage;

public sealed class KeyRingTokenProtectorTests : TokenProtectorContract
{
    protected override ITokenProtector Protector { get; } = KeyRings.Protector("k-1", ["k-1", "k-0"], Canary.NewKey());

    [Fact]
    public void A_payload_under_another_key_of_the_same_id_is_refused_without_a_word_of_its_content()
    {
        string payload = KeyRings.Protector("k-1", ["k-1"], Canary.NewKey()).Protect(Key, Field, Canary.New("rt"));

        string message = Protector.Invoking(p => p.Unprotect(Key, Field, payload)).Should().Throw<UnreadableTokenException>().Which.ToString();

        message.Should().Contain("strava/#82b64d7d1c69/default").And.Contain("another key of the same id").And.NotContain(payload[8..20]);
    }
}
