using BenchmarkDotNet.Attributes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TokenLifecycle.Postgres;

namespace TokenLifecycle.Benchmarks;

/// <summary>A token that has to be read from its store and decrypted, against the least that reads the same row.</summary>
public class ColdGets
{
    private const int Connections = 1000;
    private const int Step = 7919;

    /// <summary>To have statements prepared is the app's to choose, in its connection string, and not for every pool between it and the database.</summary>
    private const string Prepared = "Max Auto Prepare=32;Auto Prepare Min Usages=2;";

    private readonly List<ServiceProvider> _apps = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("tokenlifecycle-bench-").FullName;
    private PostgresCluster _cluster = null!;
    private NpgsqlDataSource _source = null!;
    private string _query = null!;
    private ITokenManager _memory = null!;
    private ITokenManager _files = null!;
    private ITokenManager _postgres = null!;
    private string[] _tokenFiles = null!;
    private TokenKey[] _keys = null!;
    private int _next;

    /// <summary>Ours beside the plain query, by turns.</summary>
    /// <param name="isPrepared">Whether both have their statements prepared; by default Npgsql does not.</param>
    internal static async Task<Duel> DuelAsync(bool isPrepared)
    {
        var gets = new ColdGets();
        await gets.SetUpAsync(isPrepared ? Prepared : "");
        try
        {
            return await Duel.MeasureAsync(Duel.Each(gets.PlainQuery), Duel.Each(gets.FromPostgres), operations: 1000, rounds: 40);
        }
        finally
        {
            await gets.TearDownAsync();
        }
    }

    [GlobalSetup]
    public void SetUp() => SetUpAsync().GetAwaiter().GetResult(); // In this process the harness does not wait for a task.

    private async Task SetUpAsync(string settings = "")
    {
        string keyFile = Path.Combine(_folder, "keys.json");
        _cluster = await PostgresCluster.StartAsync();
        string place = await _cluster.CreateDatabaseAsync(settings);
        _source = NpgsqlDataSource.Create(place);
        _memory = await StartAsync(static _ => { });
        _files = await StartAsync(builder => builder.UseFileStore(Path.Combine(_folder, "tokens")).ProtectWithKeyFile(keyFile, createIfMissing: true));
        _postgres = await StartAsync(builder =>
        {
            builder.Services.AddDbContextPool<BenchContext>(options => options.UseNpgsql(place));
            builder.UseEntityFrameworkStore<BenchContext>().UsePostgreSql().ProtectWithKeyFile(keyFile, createIfMissing: true);
        });
        await using (NpgsqlCommand tidy = _source.CreateCommand("VACUUM ANALYZE oauth_connections")) // As autovacuum does after a minute: a plan that was made for an empty table reads all of it.
            await tidy.ExecuteNonQueryAsync();
        _query = $"SELECT {string.Join(", ", await ColumnsAsync())} FROM oauth_connections WHERE provider = @provider AND user_id = @user AND connection = @connection";
        _tokenFiles = [.. Directory.EnumerateFiles(Path.Combine(_folder, "tokens"), "*", SearchOption.AllDirectories).Where(static file => new FileInfo(file).Length > 100)];
    }

    [GlobalCleanup]
    public void TearDown() => TearDownAsync().GetAwaiter().GetResult();

    private async Task TearDownAsync()
    {
        foreach (ServiceProvider app in _apps)
            await app.DisposeAsync();
        await _source.DisposeAsync();
        await _cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark]
    public Task<AccessToken> InMemory() => _memory.GetAccessTokenAsync(Next()).AsTask();

    [Benchmark]
    public Task<byte[]> PlainFile() => File.ReadAllBytesAsync(_tokenFiles[_next = (_next + Step) % _tokenFiles.Length]);

    [Benchmark]
    public Task<AccessToken> FromFile() => _files.GetAccessTokenAsync(Next()).AsTask();

    [Benchmark]
    public async Task<int> PlainQuery()
    {
        TokenKey key = Next();
        await using NpgsqlCommand command = _source.CreateCommand(_query);
        command.Parameters.AddWithValue("provider", key.Provider);
        command.Parameters.AddWithValue("user", key.UserId);
        command.Parameters.AddWithValue("connection", key.Connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        int values = 0;
        while (await reader.ReadAsync())
        {
            for (int column = 0; column < reader.FieldCount; column++)
                values += reader.IsDBNull(column) || reader.GetValue(column) is null ? 0 : 1;
        }

        return values > 0 ? values : throw new InvalidOperationException($"There is no row of {key}.");
    }

    [Benchmark]
    public Task<AccessToken> FromPostgres() => _postgres.GetAccessTokenAsync(Next()).AsTask();

    /// <summary>By name, as whoever cares for what comes back writes them; that costs the database more than an asterisk.</summary>
    private async Task<List<string>> ColumnsAsync()
    {
        await using NpgsqlCommand command = _source.CreateCommand("SELECT column_name FROM information_schema.columns WHERE table_name = 'oauth_connections' ORDER BY ordinal_position");
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        List<string> columns = [];
        while (await reader.ReadAsync())
            columns.Add(reader.GetString(0));
        return columns;
    }

    private async Task<ITokenManager> StartAsync(Action<TokenLifecycleBuilder> store)
    {
        var services = new ServiceCollection();
        store(services.AddTokenLifecycle(static o => o.CacheDuration = TimeSpan.Zero).AddProvider(BenchWorld.Provider, BenchWorld.Configure)); // Each call asks the store.
        ServiceProvider app = services.BuildServiceProvider();
        _apps.Add(app);
        if (app.GetService<BenchContext>() is { } context)
            await context.Database.EnsureCreatedAsync();
        ITokenManager tokens = app.GetRequiredService<ITokenManager>();
        _keys = await BenchWorld.WarmUpAsync(tokens, Connections);
        return tokens;
    }

    private TokenKey Next() => _keys[_next = (_next + Step) % Connections];
}
