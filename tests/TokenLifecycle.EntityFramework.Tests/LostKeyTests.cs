using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Postgres;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>Keys that are gone and rows that were changed, through the whole library.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class LostKeyTests(SharedPostgres postgres) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tokenlifecycle-keys-").FullName;
    private readonly Dictionary<string, string> _keys = new(StringComparer.Ordinal) { ["one"] = Canary.NewKey(), ["two"] = Canary.NewKey() };

    private string KeyFile => Path.Combine(_folder, "keys.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task I3_F43_F45_ST_6_ST_7_without_its_key_a_row_is_Unreadable_nothing_is_asked_or_changed_and_the_key_heals_it(bool afterRestart)
    {
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster);
        WriteKeys("one");
        StoreProcess process = app.NewProcess(builder => builder.ProtectWithKeyFile(KeyFile));
        await app.ConnectAsync(process, "ada");
        WriteKeys("two");
        if (afterRestart)
            process = app.NewProcess(builder => builder.ProtectWithKeyFile(KeyFile));
        app.Expire();
        string before = await app.RowAsync("ada");

        TokenException refusal = await TokenApp.RefusalAsync(process, "ada");
        ConnectionStatus status = await process.Tokens.GetStatusAsync(TokenApp.KeyOf("ada"));
        HealthCheckResult health = await TokenApp.StoreHealthAsync(process);

        refusal.Should().BeOfType<TokenTemporarilyUnavailableException>().Which.Kind.Should().Be(TokenFailureKind.Unreadable);
        status.State.Should().Be(TokenState.Unreadable);
        health.Status.Should().Be(HealthStatus.Degraded);
        health.Description.Should().Contain("1 connection(s) could not be read").And.Contain("\"one\"").And.Contain("Keys");
        app.Server.Log.TokenRequests.Should().BeEmpty();
        (await app.RowAsync("ada")).Should().Be(before);

        WriteKeys("two", "one");
        (await TokenApp.StoreHealthAsync(process)).Status.Should().Be(HealthStatus.Healthy, "it looks again by itself");
        (await TokenApp.GetAsync(process, "ada")).Value.Should().NotBeEmpty();
        (await process.Tokens.GetStatusAsync(TokenApp.KeyOf("ada"))).State.Should().Be(TokenState.Valid);
        app.Refreshes.Should().Be(1);
        (await app.RowAsync("ada")).Should().Contain("tl2.two.").And.NotContain("tl2.one.");
    }

    [Theory]
    [InlineData("refresh_token = overlay(c.refresh_token placing CASE WHEN substr(c.refresh_token, 60, 1) = 'A' THEN 'B' ELSE 'A' END from 60 for 1)")]
    [InlineData("access_token = left(c.access_token, -4)")]
    [InlineData("access_token = ''")]
    [InlineData("access_token = c.refresh_token, refresh_token = c.access_token")]
    [InlineData("access_token = other.access_token, refresh_token = other.refresh_token")]
    [InlineData("refresh_token = 'a plain one'")]
    public async Task ST_2_ST_3_F46_a_changed_or_swapped_value_makes_its_own_row_Unreadable_and_no_other(string damage)
    {
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster);
        WriteKeys("one");
        StoreProcess connecting = app.NewProcess(builder => builder.ProtectWithKeyFile(KeyFile));
        await app.ConnectAsync(connecting, "ada");
        TokenSet bobs = await app.ConnectAsync(connecting, "bob");
        string whole = await app.RowAsync("bob");
        const string columns = "access_token, refresh_token";
        await app.Database.ExecuteAsync($"CREATE TABLE backup AS SELECT user_id, {columns} FROM oauth_connections");
        await app.Database.ExecuteAsync($"UPDATE oauth_connections c SET {damage} FROM backup other WHERE c.user_id = 'bob' AND other.user_id = 'ada'");
        string before = await app.RowAsync("bob");
        app.Expire();
        StoreProcess process = app.NewProcess(builder => builder.ProtectWithKeyFile(KeyFile));

        TokenException refusal = await TokenApp.RefusalAsync(process, "bob");
        AccessToken adas = await TokenApp.GetAsync(process, "ada");

        refusal.Should().BeOfType<TokenTemporarilyUnavailableException>().Which.Kind.Should().Be(TokenFailureKind.Unreadable);
        refusal.ToString().Should().NotContain("a plain one");
        adas.Value.Should().NotBeEmpty();
        app.Server.Log.RefreshRequests.Should().ContainSingle().Which.User.Should().Be("ada");
        (await TokenApp.StoreHealthAsync(process)).Status.Should().Be(HealthStatus.Degraded);
        (await app.RowAsync("bob")).Should().Be(before).And.NotBe(whole);

        await app.Database.ExecuteAsync($"UPDATE oauth_connections c SET ({columns}) = (SELECT {columns} FROM backup WHERE user_id = 'bob') WHERE user_id = 'bob'");
        (await TokenApp.GetAsync(process, "bob")).Value.Should().NotBe(bobs.AccessToken, "the row that was put back is refreshed as any other");
        (await TokenApp.StoreHealthAsync(process)).Status.Should().Be(HealthStatus.Healthy);
    }

    [Fact]
    public async Task F44_processes_that_start_at_once_on_no_key_file_read_each_others_rows()
    {
        await using TokenApp app = await TokenApp.StartAsync(postgres.Cluster);
        string[] users = ["ada", "bob", "eve"];

        StoreProcess[] processes = [.. users.Select(_ => app.NewProcess(builder => builder.ProtectWithKeyFile(KeyFile, createIfMissing: true)))];
        await Task.WhenAll(users.Select((user, i) => Task.Run(() => app.ConnectAsync(processes[i], user))));

        foreach (StoreProcess process in processes)
        {
            foreach (string user in users)
                (await TokenApp.GetAsync(process, user)).Value.Should().NotBeEmpty();
        }
    }

    /// <summary>The first of them writes.</summary>
    private void WriteKeys(params string[] ids)
    {
        File.WriteAllText(KeyFile, $$"""{ "CurrentKeyId": "{{ids[0]}}", "Keys": { {{string.Join(", ", ids.Select(id => $"\"{id}\": \"{_keys[id]}\""))}} } }""");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
