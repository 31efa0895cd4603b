using TokenLifecycle.Options;
using TokenLifecycle.Refresh;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Refresh;

/// <summary>What a connection holds after a reply.</summary>
public sealed class TokenMergeTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static readonly TokenSet Old = new()
    {
        AccessToken = Canary.New("access"),
        RefreshToken = Canary.New("refresh"),
        IssuedAt = Rows.Start,
        ExpiresAt = Rows.Start + Hour,
        RefreshTokenExpiresAt = Rows.Start + TimeSpan.FromDays(60),
        Scopes = ["read", "write"],
        AccountId = "7",
        Captured = new Dictionary<string, string>(StringComparer.Ordinal) { ["instance_url"] = "https://eu.example" },
        Issuer = "https://provider.test",
        ClientId = "client",
    };

    [Fact]
    [Trait("Rule", "D2")]
    public void B1_What_a_reply_leaves_out_stays()
    {
        TokenSet merged = Merge(new TokenSet { AccessToken = Canary.New("access"), IssuedAt = Rows.Start + Hour });

        merged.RefreshToken.Should().Be(Old.RefreshToken);
        merged.RefreshTokenExpiresAt.Should().Be(Old.RefreshTokenExpiresAt);
        merged.Scopes.Should().Equal("read", "write");
        merged.AccountId.Should().Be("7");
        merged.Captured.Should().ContainKey("instance_url");
        merged.ExpiresAt.Should().Be(Rows.Start + (2 * Hour), "the lifetime of before, from now");
    }

    [Fact]
    public void What_a_reply_brings_counts_but_never_another_account()
    {
        var reply = new TokenSet
        {
            AccessToken = Canary.New("access"),
            RefreshToken = Canary.New("refresh"),
            IssuedAt = Rows.Start,
            ExpiresAt = Rows.Start + TimeSpan.FromMinutes(1),
            Scopes = ["read"],
            AccountId = "8",
            Captured = new Dictionary<string, string>(StringComparer.Ordinal) { ["instance_url"] = "https://us.example" },
            Issuer = "https://new.test",
            ClientId = "new",
        };

        TokenSet merged = Merge(reply);

        merged.Should().BeEquivalentTo(reply, o => o.Excluding(t => t.AccountId));
        merged.AccountId.Should().Be("7");
        merged.RefreshTokenExpiresAt.Should().BeNull("a new refresh token does not end when the old one would have");
    }

    [Fact]
    public void B8_A_refresh_token_that_was_replaced_before_does_not_come_back()
    {
        string retired = Canary.New("refresh");
        StoredToken row = Rows.Row(Old, retired: [TokenFingerprint.Of(retired)]);

        TokenMerge.Refreshed(row, new TokenSet { AccessToken = Canary.New("access"), RefreshToken = retired }, Rows.Provider()).RefreshToken.Should().Be(Old.RefreshToken);
        TokenMerge.Salvaged(row, retired).RefreshToken.Should().Be(Old.RefreshToken);
        TokenMerge.Salvaged(Rows.Row(Old with { RefreshToken = null }, retired: [TokenFingerprint.Of(retired)]), retired).RefreshToken.Should().Be(retired, "one is better than none");
    }

    [Fact]
    public void B6_A_salvaged_refresh_token_joins_the_tokens_that_are_there()
    {
        string salvaged = Canary.New("refresh");

        TokenSet merged = TokenMerge.Salvaged(Rows.Row(Old), salvaged);

        merged.Should().BeEquivalentTo(Old, o => o.Excluding(t => t.RefreshToken));
        merged.RefreshToken.Should().Be(salvaged);
    }

    [Fact]
    public void The_last_eight_replaced_refresh_tokens_are_remembered_by_their_fingerprints()
    {
        StoredToken row = Rows.Row(Old);
        var replaced = new List<string>();
        for (int i = 0; i < 12; i++)
        {
            TokenSet next = row.Tokens with { RefreshToken = Canary.New("refresh") };
            replaced.Add(TokenFingerprint.Of(row.Tokens.RefreshToken!));
            row = Rows.Row(next, retired: TokenMerge.RetiredAfter(row, next));
        }

        row.RetiredFingerprints.Should().Equal(replaced.TakeLast(8));
        TokenMerge.RetiredAfter(row, row.Tokens).Should().BeSameAs(row.RetiredFingerprints);
        TokenMerge.RetiredAfter(Rows.Row(Old with { RefreshToken = null }), Old).Should().BeEmpty();
    }

    [Theory]
    [InlineData(600, 3600, 7200, 600)]
    [InlineData(null, 3600, 7200, 3600)]
    [InlineData(null, 0, 7200, 7200)]
    [InlineData(null, null, 7200, 7200)]
    [InlineData(null, null, null, null)]
    public void D1_D2_The_end_is_told_or_follows_the_last_lifetime_or_the_settings_or_is_unknown(int? told, int? previous, int? configured, int? expected)
    {
        OAuthProviderOptions provider = Rows.Provider();
        provider.DefaultLifetime = Span(configured);

        TokenMerge.ExpiryOf(Rows.Tokens(Span(told), refreshToken: null), Span(previous), provider).Should().Be(Rows.Start + Span(expected));

        static TimeSpan? Span(int? seconds) => seconds is { } known ? TimeSpan.FromSeconds(known) : null;
    }

    private static TokenSet Merge(TokenSet reply) => TokenMerge.Refreshed(Rows.Row(Old), reply, Rows.Provider());
}
