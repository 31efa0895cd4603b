using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.DependencyInjection;

/// <summary>What whoever gets hold of a token folder or of a copy of it can read and do.</summary>
public sealed class FilesAtRestTests : IDisposable
{
    private static readonly string[] Users = ["ada", "bob", "eve"];

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [Trait("Rule", "O5")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ST_1_no_token_lies_in_any_file_and_without_protection_the_same_search_finds_them(bool isProtected)
    {
        string key = Canary.NewKey();
        await using FileApp app = await FileApp.StartAsync(_folder.Path, builder => _ = isProtected ? builder.ProtectWithKeys(o => o.Keys["one"] = key) : builder.WithoutProtection());
        await app.Host.StartAsync();
        foreach (string user in Users)
            await app.ConnectAsync(user);
        app.Expire();
        foreach (string user in Users)
            (await app.GetAsync(user)).Value.Should().Contain(Canary.Mark);
        await app.Tokens.DisconnectAsync(FileApp.KeyOf(Users[0]));

        string[] files = Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories);
        files.Should().HaveCountGreaterThanOrEqualTo(Users.Length - 1);
        files.Any(static file => File.ReadAllText(file).Contains(Canary.Mark, StringComparison.Ordinal)).Should().Be(!isProtected);
    }

    [Fact]
    public async Task ST_8_I5_of_a_replaced_refresh_token_nothing_but_a_fingerprint_is_kept()
    {
        await using FileApp app = await FileApp.StartAsync(_folder.Path);
        string replaced = (await app.ConnectAsync("ada")).RefreshToken!;
        string before = await File.ReadAllTextAsync(_folder.FileOf(FileApp.KeyOf("ada")));
        app.Expire();
        await app.GetAsync("ada");

        string after = string.Join('\n', Directory.GetFiles(_folder.Path).Select(File.ReadAllText));

        before.Should().Contain(replaced);
        after.Should().NotContain(replaced).And.Contain(TokenFingerprint.Of(replaced));
    }

    [Fact]
    public async Task F48_RF_9_on_an_old_copy_of_the_folder_nobody_is_asked_to_reconnect_before_one_was_refreshed_and_then_all_are()
    {
        await using FileApp app = await FileApp.StartAsync(_folder.Path);
        foreach (string user in Users)
            await app.ConnectAsync(user);
        Dictionary<string, byte[]> copy = _folder.RowFiles().ToDictionary(static file => file, File.ReadAllBytes, StringComparer.Ordinal);
        app.Expire();
        foreach (string user in Users)
            await app.GetAsync(user);
        foreach ((string file, byte[] content) in copy)
            await File.WriteAllBytesAsync(file, content);
        ITokenManager tokens = app.NewHost().Services.GetRequiredService<ITokenManager>();

        for (int call = 0; call < 20; call++)
        {
            foreach (string user in Users)
            {
                (await tokens.Invoking(t => t.GetAccessTokenAsync(FileApp.KeyOf(user)).AsTask()).Should().ThrowAsync<TokenTemporarilyUnavailableException>())
                    .Which.Kind.Should().Be(TokenFailureKind.GrantRejected);
            }
        }

        app.Refreshes.Should().Be(2 * Users.Length, "before the copy came back, and after it");
        app.Server.Log.RefreshRequests.TakeLast(Users.Length).Should().OnlyContain(request => request.Outcome == TokenRequestOutcome.ReuseDetected);

        await tokens.DisconnectAsync(FileApp.KeyOf(Users[0]));
        await tokens.SaveAsync(FileApp.KeyOf(Users[0]), app.Server.IssueTokens(app.Server.AddUser("again"), "read"));
        app.Expire();
        await tokens.GetAccessTokenAsync(FileApp.KeyOf(Users[0]));
        foreach (string user in Users.Skip(1))
        {
            (await tokens.Invoking(t => t.GetAccessTokenAsync(FileApp.KeyOf(user)).AsTask()).Should().ThrowAsync<ReauthorizationRequiredException>())
                .Which.Reason.Should().Be(ReauthorizationReason.GrantRejected);
        }
    }

    [Fact]
    public async Task B7_tokens_of_32_KiB_come_back_through_protection()
    {
        string key = Canary.NewKey();
        await using FileApp app = await FileApp.StartAsync(_folder.Path, builder => builder.ProtectWithKeys(o => o.Keys["one"] = key));
        TokenSet issued = app.Server.IssueTokens(app.Server.AddUser("ada"), "read");
        TokenSet longest = new()
        {
            AccessToken = Canary.New("at").PadRight(32 * 1024, 'x'),
            RefreshToken = Canary.New("rt").PadRight(8 * 1024, 'y'),
            IssuedAt = issued.IssuedAt,
            ExpiresAt = issued.ExpiresAt,
            Issuer = issued.Issuer,
            ClientId = issued.ClientId,
        };
        await app.Tokens.SaveAsync(FileApp.KeyOf("ada"), longest);

        IHost next = app.NewHost();
        (await next.Services.GetRequiredService<ITokenManager>().GetAccessTokenAsync(FileApp.KeyOf("ada"))).Value.Should().Be(longest.AccessToken);
        StoredToken row = (await next.Services.GetRequiredService<ITokenStore>().FindAsync(FileApp.KeyOf("ada"), CancellationToken.None))!;
        next.Services.GetRequiredService<ITokenProtector>().Unprotect(row.Key, "refresh_token", row.Tokens.RefreshToken!).Should().Be(longest.RefreshToken);
    }
}
