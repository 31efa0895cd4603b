using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>What whoever gets hold of the disk, a backup or a row can read. On a cluster of its own, whose every file is looked through.</summary>
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class AtRestTests : IAsyncLifetime
{
    private static readonly string[] Users = ["ada", "bob", "eve"];

    private PostgresCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await PostgresCluster.StartAsync(isDurable: true);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task ST_1_no_token_lies_in_heap_files_write_ahead_log_server_log_or_dump()
    {
        await using TokenApp app = await TokenApp.StartAsync(_cluster);
        string key = Canary.NewKey();
        await LiveAsync(app, builder => builder.ProtectWithKeys(options => options.Keys["one"] = key));

        (await PlacesWithTokensAsync(app)).Should().BeEmpty();

        // That the search finds what is there, only a store without protection can show.
        await using TokenApp plain = await TokenApp.StartAsync(_cluster);
        await LiveAsync(plain, static _ => { });
        string.Join(' ', await PlacesWithTokensAsync(plain)).Should().ContainAll("/base/", "/pg_wal/", "dump");
    }

    [Fact]
    public async Task LG_5_with_sensitive_data_logging_on_the_parameters_are_shown_and_hold_ciphertext()
    {
        await using TokenApp app = await TokenApp.StartAsync(_cluster);
        string key = Canary.NewKey();
        var log = new LogRecorder();
        await LiveAsync(app, builder =>
        {
            builder.ProtectWithKeys(options => options.Keys["one"] = key);
            builder.Services.AddLogging(logging => logging.AddProvider(log)).ConfigureDbContext<AppDb>(static options => options.EnableSensitiveDataLogging());
        });

        log.Printed.Should().Contain(static line => line.Contains("='ada'", StringComparison.Ordinal), "parameters are in the log")
            .And.NotContain(static line => line.Contains(Canary.Mark, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ST_8_I5_of_a_replaced_refresh_token_nothing_but_a_fingerprint_is_kept()
    {
        await using TokenApp app = await TokenApp.StartAsync(_cluster);
        StoreProcess process = app.NewProcess();
        string replaced = (await app.ConnectAsync(process, "ada")).RefreshToken!;
        string before = await app.RowAsync("ada");
        app.Expire();
        await TokenApp.GetAsync(process, "ada");

        string after = await app.RowAsync("ada");

        before.Should().Contain(replaced, "this row is not protected, so that the token can be looked for");
        after.Should().NotContain(replaced).And.Contain(TokenFingerprint.Of(replaced));
    }

    [Fact]
    public async Task I5_lease_and_intent_hold_no_token_while_a_refresh_is_under_way()
    {
        await using TokenApp app = await TokenApp.StartAsync(_cluster);
        StoreProcess process = app.NewProcess();
        string refreshToken = (await app.ConnectAsync(process, "ada")).RefreshToken!;
        await process.Store.BeginRefreshAsync(TokenApp.KeyOf("ada"), "attempt", Rows.Lease, Rows.None);

        string row = await app.RowAsync("ada");

        row.Should().Contain("attempt");
        row.Split(refreshToken).Should().HaveCount(2, "it stands in its own column and nowhere else");
    }

    [Fact]
    public async Task B7_DB_2_tokens_of_32_KiB_come_back_through_protection_and_a_dump()
    {
        await using TokenApp app = await TokenApp.StartAsync(_cluster);
        string key = Canary.NewKey();
        StoreProcess one = app.NewProcess(Protect), two = app.NewProcess(Protect);
        TokenSet tokens = app.Server.IssueTokens(app.Server.AddUser("ada"), "read");
        TokenSet long32 = new()
        {
            AccessToken = Canary.New("at").PadRight(32 * 1024, 'x'),
            RefreshToken = Canary.New("rt").PadRight(8 * 1024, 'y'),
            IssuedAt = tokens.IssuedAt,
            ExpiresAt = tokens.ExpiresAt,
            Issuer = tokens.Issuer,
            ClientId = tokens.ClientId,
        };
        await one.Tokens.SaveAsync(TokenApp.KeyOf("ada"), long32);
        await PostgresDump.RestoreAsync(_cluster, app.Database, await PostgresDump.TakeAsync(_cluster, app.Database));

        (await TokenApp.GetAsync(two, "ada")).Value.Should().Be(long32.AccessToken);
        StoredToken row = (await two.Store.FindAsync(TokenApp.KeyOf("ada"), Rows.None))!;
        two.Services.GetRequiredService<ITokenProtector>().Unprotect(row.Key, "refresh_token", row.Tokens.RefreshToken!).Should().Be(long32.RefreshToken);

        void Protect(TokenLifecycleBuilder builder) => builder.ProtectWithKeys(options => options.Keys["one"] = key);
    }

    /// <summary>Connects, refreshes twice, and disconnects one of them.</summary>
    private static async Task LiveAsync(TokenApp app, Action<TokenLifecycleBuilder> protection)
    {
        StoreProcess process = app.NewProcess(protection);
        foreach (string user in Users)
            await app.ConnectAsync(process, user);
        for (int generation = 0; generation < 2; generation++)
        {
            app.Expire();
            foreach (string user in Users)
                (await TokenApp.GetAsync(process, user)).Value.Should().Contain(Canary.Mark);
        }

        await process.Tokens.DisconnectAsync(TokenApp.KeyOf(Users[0]));
        app.Refreshes.Should().Be(2 * Users.Length);
    }

    private async Task<IReadOnlyList<string>> PlacesWithTokensAsync(TokenApp app)
    {
        await app.Database.ExecuteAsync("CHECKPOINT");
        List<string> places = [.. Directory.EnumerateFiles(_cluster.DataFolder, "*", SearchOption.AllDirectories).Append(_cluster.LogFile).Where(HasMark)];
        if ((await PostgresDump.TakeAsync(_cluster, app.Database)).Contains(Canary.Mark, StringComparison.Ordinal))
            places.Add("dump");
        return places;
    }

    private static bool HasMark(string file)
    {
        try
        {
            return File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.ASCII.GetBytes(Canary.Mark)) >= 0;
        }
        catch (FileNotFoundException)
        {
            return false; // The server took it away meanwhile.
        }
    }
}
