using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.DataProtection;

/// <summary>What becomes of stored tokens as the keys come and go.</summary>
public sealed class KeyRingTests
{
    private const string Field = "refresh_token";

    [Fact]
    public async Task ST6_a_hidden_ring_makes_rows_unreadable_asks_nobody_changes_nothing_and_coming_back_restores_service()
    {
        await using RingWorld world = await RingWorld.CreateAsync();
        TokenSet tokens = world.NewTokens();
        await RingWorld.Tokens(await world.StartAsync()).SaveAsync(RingWorld.Key, tokens);
        StoredToken row = (await world.Store.FindAsync(RingWorld.Key, default))!;
        row.Tokens.AccessToken.Should().StartWith("dp1.").And.NotContain(Canary.Mark);

        Directory.Move(world.Ring, world.OtherRing("hidden"));
        ITokenManager without = RingWorld.Tokens(await world.StartAsync());
        await without.Invoking(t => t.GetAccessTokenAsync(RingWorld.Key).AsTask()).Should().ThrowAsync<TokenTemporarilyUnavailableException>();
        (await without.GetStatusAsync(RingWorld.Key)).State.Should().Be(TokenState.Unreadable);
        world.Server.Log.TokenRequests.Should().BeEmpty();
        (await world.Store.FindAsync(RingWorld.Key, default))!.Should().BeEquivalentTo(row);

        Directory.Delete(world.Ring, recursive: true);
        Directory.Move(world.OtherRing("hidden"), world.Ring);
        ITokenManager again = RingWorld.Tokens(await world.StartAsync());
        (await again.GetAccessTokenAsync(RingWorld.Key)).Value.Should().Be(tokens.AccessToken);
    }

    [Fact]
    public async Task ST7_rows_under_an_expired_key_stay_readable_and_are_protected_anew_at_their_next_write()
    {
        await using RingWorld world = await RingWorld.CreateAsync();
        TokenSet tokens = world.NewTokens();
        await RingWorld.Tokens(await world.StartAsync()).SaveAsync(RingWorld.Key, tokens);
        string before = (await world.Store.FindAsync(RingWorld.Key, default))!.Tokens.AccessToken;
        FileInfo old = world.KeyFiles.Single();
        RingWorld.Age(old, TimeSpan.FromDays(200));

        IHost later = await world.StartAsync();
        ITokenManager manager = RingWorld.Tokens(later);
        (await manager.GetAccessTokenAsync(RingWorld.Key)).Value.Should().Be(tokens.AccessToken);
        world.KeyFiles.Should().HaveCount(2, "an expired key writes nothing any more");
        await manager.SaveAsync(RingWorld.Key, tokens);

        string after = (await world.Store.FindAsync(RingWorld.Key, default))!.Tokens.AccessToken;
        KeyOf(after).Should().NotBe(KeyOf(before));
        old.Delete();
        ITokenManager withoutOld = RingWorld.Tokens(await world.StartAsync());
        (await withoutOld.GetAccessTokenAsync(RingWorld.Key)).Value.Should().Be(tokens.AccessToken, "it needs the old key no more");
    }

    [Fact]
    public async Task ST7_a_revoked_key_is_a_controlled_state()
    {
        await using RingWorld world = await RingWorld.CreateAsync();
        IHost first = await world.StartAsync();
        await RingWorld.Tokens(first).SaveAsync(RingWorld.Key, world.NewTokens());
        IKeyManager keys = first.Services.GetRequiredService<IKeyManager>();
        keys.RevokeKey(keys.GetAllKeys().Single().KeyId, "lost");

        IHost second = await world.StartAsync();

        ConnectionStatus status = await RingWorld.Tokens(second).GetStatusAsync(RingWorld.Key);
        status.State.Should().Be(TokenState.Unreadable);
        string payload = (await world.Store.FindAsync(RingWorld.Key, default))!.Tokens.AccessToken;
        RingWorld.Protector(second).Invoking(p => p.Unprotect(RingWorld.Key, "access_token", payload)).Should().Throw<UnreadableTokenException>().WithMessage("*revoked*");
        world.Server.Log.TokenRequests.Should().BeEmpty();
    }

    [Fact]
    public async Task F44_three_nodes_that_start_for_the_first_time_at_once_read_each_others_tokens()
    {
        await using RingWorld world = await RingWorld.CreateAsync();

        IHost[] hosts = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => world.StartAsync())));

        string value = Canary.New("rt");
        foreach (IHost writer in hosts)
        {
            string payload = RingWorld.Protector(writer).Protect(RingWorld.Key, Field, value);
            foreach (IHost reader in hosts)
                RingWorld.Protector(reader).Unprotect(RingWorld.Key, Field, payload).Should().Be(value);
        }
    }

    [Fact]
    public async Task F44_a_key_that_another_node_made_meanwhile_is_known_a_minute_after_the_start()
    {
        await using RingWorld world = await RingWorld.CreateAsync();
        var clock = new ManualTimeProvider();
        IHost node = await world.StartAsync(clock: clock);
        IHost other = await world.StartAsync(world.OtherRing("other"));
        string value = Canary.New("rt");
        string payload = RingWorld.Protector(other).Protect(RingWorld.Key, Field, value);
        FileInfo late = new DirectoryInfo(world.OtherRing("other")).GetFiles("key-*.xml").Single().CopyTo(Path.Combine(world.Ring, "key-late.xml"));

        clock.Advance(KeyRingWatch.LookAgainAfter);

        // Gone again: whoever reads now has learnt of it before.
        late.Delete();
        RingWorld.Protector(node).Unprotect(RingWorld.Key, Field, payload).Should().Be(value);
    }

    /// <summary>The id of the key a payload names: sixteen bytes after the first four.</summary>
    private static Guid KeyOf(string payload) => new(System.Buffers.Text.Base64Url.DecodeFromChars(payload.AsSpan(4)).AsSpan(4, 16));
}
