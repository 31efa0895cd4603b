using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>The table in the app's own model.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class ModelTests(SharedPostgres postgres)
{
    [Fact]
    public void B7_DB_2_DB_6_MT_2_no_text_is_limited_keys_are_ordinal_and_times_know_their_zone()
    {
        string ddl = Script(static (ModelBuilder model) => model.AddTokenLifecycle());

        ddl.Should().NotContain("varying").And.NotContain("char(").And.Contain("access_token text NOT NULL").And.Contain("refresh_token text,");
        ddl.Should().Contain("""provider text COLLATE "C" NOT NULL""").And.Contain("""user_id text COLLATE "C" NOT NULL""").And.Contain("""connection text COLLATE "C" NOT NULL""");
        ddl.Should().Contain("""account_id text COLLATE "C",""").And.Contain("expires_at timestamp with time zone,").And.Contain("version bigint NOT NULL DEFAULT 1");
        ddl.Should().Contain("CONSTRAINT pk_oauth_connections PRIMARY KEY (provider, user_id, connection, tenant)");
        ddl.Should().Contain("CREATE INDEX ix_oauth_connections_account ON oauth_connections (provider, account_id)");
        ddl.Should().Contain("""CREATE INDEX ix_oauth_connections_due ON oauth_connections (provider, next_refresh_at)""");
    }

    [Fact]
    public void B7_what_an_app_decides_for_all_its_texts_and_times_does_not_hold_for_tokens() =>
        Script(static (ModelBuilder model) => model.AddTokenLifecycle(), narrow: true).Replace("\"Notes\"", "", StringComparison.Ordinal)
            .Should().Be(Script(static (ModelBuilder model) => model.AddTokenLifecycle()).Replace("\"Notes\"", "", StringComparison.Ordinal));

    [Fact]
    public async Task An_existing_table_with_names_and_columns_of_its_own_is_adopted()
    {
        await using Adopted adopted = await Adopted.StartAsync(postgres.Cluster, static model =>
        {
            model.AddTokenLifecycle(options =>
            {
                options.Schema = "crm";
                options.Table = "user \"oauth\" tokens";
            });
            model.Entity<OAuthConnection>(static row =>
            {
                row.Property(static connection => connection.Provider).HasColumnName("service");
                row.Property(static connection => connection.ExpiresAt).HasColumnName("token_expiry");
                row.Property(static connection => connection.Scopes).HasColumnName("scope");
                row.Property(static connection => connection.AccountId).HasColumnName("service_user_id");
            });
        });
        await adopted.ExecuteAsync("""ALTER TABLE crm."user ""oauth"" tokens" ADD COLUMN id serial, ADD COLUMN service_email text""");

        await WalkAsync(adopted.Store);

        (await adopted.QueryAsync("""SELECT service || '|' || scope || '|' || service_user_id FROM crm."user ""oauth"" tokens" """)).Should().Be("strava|read write|42");
    }

    [Fact]
    public async Task Names_that_a_convention_of_the_app_has_changed_are_used_as_they_are()
    {
        await using Adopted adopted = await Adopted.StartAsync(postgres.Cluster, static model =>
        {
            model.AddTokenLifecycle();
            IMutableEntityType row = model.Model.FindEntityType(typeof(OAuthConnection))!;
            row.SetTableName("TBL_CONNECTIONS");
            foreach (IMutableProperty property in row.GetProperties())
                property.SetColumnName("C_" + property.Name.ToUpperInvariant());
        });

        await WalkAsync(adopted.Store);

        (await adopted.QueryAsync("""SELECT "C_USERID" FROM "TBL_CONNECTIONS" """)).Should().Be("ada");
    }

    [Fact]
    public async Task MT_1_A_table_whose_primary_key_is_the_apps_own_is_read_by_provider_user_and_connection()
    {
        await using Adopted adopted = await Adopted.StartAsync(postgres.Cluster, static model =>
        {
            model.AddTokenLifecycle();
            model.Entity<OAuthConnection>(static row =>
            {
                row.Property<long>("Id").UseIdentityByDefaultColumn();
                row.HasKey("Id");
                row.HasIndex(static connection => new { connection.Provider, connection.UserId, connection.Connection, connection.Tenant }).IsUnique();
            });
        });
        TokenKey bob = new(Rows.Key.Provider, "bob");
        StoredToken ofBob = new() { Key = bob, Tokens = Rows.New().Tokens };

        await WalkAsync(adopted.Store);
        await adopted.Store.SaveAsync(ofBob, StoredToken.Unsaved, Rows.None);

        (await adopted.Store.FindAsync(bob, Rows.None))!.Tokens.AccessToken.Should().Be(ofBob.Tokens.AccessToken);
        (await adopted.Store.FindAsync(Rows.Key, Rows.None))!.Key.Should().Be(Rows.Key);
    }

    [Fact]
    public async Task An_app_asks_for_connections_in_LINQ()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync(postgres.Cluster);
        StoreProcess process = database.NewProcess();
        StoredToken row = await process.Store.SavedAsync();
        await process.Store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None);
        await process.Store.CompleteRefreshAsync(Rows.Key, "a", row.Version, Rows.Ending, Rows.None);
        await process.Store.SavedAsync(new TokenKey("strava", "bob"));
        await using AsyncServiceScope scope = process.Services.CreateAsyncScope();
        AppDb db = scope.ServiceProvider.GetRequiredService<AppDb>();

        List<string> failing = await db.Set<OAuthConnection>().IgnoreQueryFilters()
            .Where(static connection => connection.Provider == "strava" && connection.FailureKind != null && connection.FailureAt != null)
            .Select(static connection => connection.UserId)
            .ToListAsync();

        failing.Should().Equal("ada");
    }

    [Fact]
    public async Task A_model_without_the_table_is_named_with_the_call_that_is_missing()
    {
        await using Adopted adopted = await Adopted.StartAsync(postgres.Cluster, static _ => { });

        (await adopted.Store.Invoking(store => store.FindAsync(Rows.Key, Rows.None)).Should().ThrowAsync<InvalidOperationException>())
            .WithMessage("The model of ShapedDb has no table for connections. Call modelBuilder.AddTokenLifecycle() at the end of ShapedDb.OnModelCreating*");
    }

    private static async Task WalkAsync(ISearchableTokenStore store)
    {
        StoredToken row = new()
        {
            Key = Rows.Key,
            Tokens = new TokenSet { AccessToken = Canary.New("at"), RefreshToken = Canary.New("rt"), Scopes = ["read", "write"], AccountId = "42" },
            NextRefreshAt = DateTimeOffset.UnixEpoch,
        };
        StoredToken saved = (await store.SaveAsync(row, StoredToken.Unsaved, Rows.None)).Token!;
        (await store.ClaimDueAsync("strava", "a", 10, Rows.Lease, Rows.None)).Should().ContainSingle();
        (await store.BeginRefreshAsync(Rows.Key, "a", Rows.Lease, Rows.None)).Kind.Should().Be(RefreshClaimKind.Acquired);
        (await store.CompleteRefreshAsync(Rows.Key, "a", saved.Version, Rows.Ending, Rows.None)).Should().BeTrue();
        (await store.FindByAccountAsync("strava", "42", tenant: null, Rows.None)).Should().Equal(Rows.Key);
        (await store.ListAsync("strava", after: null, 10, Rows.None)).Should().ContainSingle();
        (await store.SaveAsync(row, saved.Version, Rows.None)).IsSaved.Should().BeTrue();
    }

    private static string Script(Action<ModelBuilder> shape, bool narrow = false)
    {
        using ShapedDb context = new(new DbContextOptionsBuilder<ShapedDb>().UseNpgsql("Host=127.0.0.1").EnableServiceProviderCaching(false).Options, new Shape(shape, narrow));
        return context.Database.GenerateCreateScript();
    }

    private sealed record Shape(Action<ModelBuilder> Apply, bool IsNarrow = false);

    private sealed class ShapedDb(DbContextOptions<ShapedDb> options, Shape shape) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => shape.Apply(modelBuilder);

        protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
        {
            if (!shape.IsNarrow)
                return;
            configurationBuilder.Properties<string>().HaveMaxLength(100).AreUnicode(false).UseCollation("POSIX");
            configurationBuilder.Properties<DateTime>().HaveConversion<DateTimeToTicksConverter>();
        }
    }

    /// <summary>A database whose table an app has shaped.</summary>
    private sealed class Adopted(string connectionString, StoreServices services) : IAsyncDisposable
    {
        public ISearchableTokenStore Store => services.Store;

        public static async Task<Adopted> StartAsync(PostgresCluster cluster, Action<ModelBuilder> shape)
        {
            Adopted adopted = new(await cluster.CreateDatabaseAsync(), null!);
            StoreServices services = new(adopted.ConnectionString, shape);
            adopted = new Adopted(adopted.ConnectionString, services);
            await adopted.ExecuteAsync(services.Script + ";SELECT 1");
            return adopted;
        }

        private string ConnectionString => connectionString;

        public async Task ExecuteAsync(string sql)
        {
            await using NpgsqlConnection connection = new(connectionString + "Pooling=false;");
            await connection.OpenAsync();
            await using NpgsqlCommand command = new(sql, connection);
            await command.ExecuteNonQueryAsync();
        }

        public async Task<object?> QueryAsync(string sql)
        {
            await using NpgsqlConnection connection = new(connectionString + "Pooling=false;");
            await connection.OpenAsync();
            await using NpgsqlCommand command = new(sql, connection);
            return await command.ExecuteScalarAsync();
        }

        public ValueTask DisposeAsync() => services.DisposeAsync();
    }

    private sealed class StoreServices : IAsyncDisposable
    {
        private readonly ServiceProvider _services;

        public StoreServices(string connectionString, Action<ModelBuilder> shape)
        {
            ServiceCollection services = new();
            services.AddCanaryLogging();
            services.AddSingleton(new Shape(shape));
            services.AddDbContext<ShapedDb>(options => options.UseNpgsql(connectionString).EnableServiceProviderCaching(false));
            services.AddTokenLifecycle().UseEntityFrameworkStore<ShapedDb>().UsePostgreSql();
            _services = services.BuildServiceProvider();
        }

        public ISearchableTokenStore Store => (ISearchableTokenStore)_services.GetRequiredService<ITokenStore>();

        public string Script
        {
            get
            {
                using IServiceScope scope = _services.CreateScope();
                return scope.ServiceProvider.GetRequiredService<ShapedDb>().Database.GenerateCreateScript();
            }
        }

        public ValueTask DisposeAsync() => _services.DisposeAsync();
    }
}
