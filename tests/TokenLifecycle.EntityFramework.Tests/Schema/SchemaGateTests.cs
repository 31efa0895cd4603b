using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using TokenLifecycle.EntityFramework.Engines;
using TokenLifecycle.EntityFramework.PostgreSql;
using TokenLifecycle.EntityFramework.Schema;
using TokenLifecycle.Postgres;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing;

namespace TokenLifecycle.EntityFramework.Tests.Schema;

/// <summary>When the gate looks, and what it remembers.</summary>
[Collection(PostgresCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class SchemaGateTests(SharedPostgres postgres)
{
    private readonly ManualTimeProvider _clock = new();
    private readonly LookCounter _looks = new();

    private DatabaseEngines Engines =>
        new([new PostgreSqlEngine(Microsoft.Extensions.Options.Options.Create(new PostgreSqlStoreOptions()))], _clock, NullLoggerFactory.Instance);

    [Fact]
    public async Task DB_1_That_all_is_well_is_remembered()
    {
        PostgresSchema<AppDb> schema = await PostgresSchema<AppDb>.CreateAsync(postgres.Cluster);
        SchemaGate gate = new(_clock, Engines, ExpectedTable.OfConnections);

        for (int call = 0; call < 5; call++)
        {
            await PassAsync(gate, schema);
            _clock.Advance(TimeSpan.FromDays(1));
        }

        _looks.Count.Should().Be(1);
    }

    [Fact]
    public async Task DB_1_That_something_is_wrong_is_remembered_for_a_moment_and_all_who_come_together_look_once()
    {
        PostgresSchema<AppDb> schema = await PostgresSchema<AppDb>.CreateAsync(postgres.Cluster, withTable: false);
        SchemaGate gate = new(_clock, Engines, ExpectedTable.OfConnections);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
            (await FluentActions.Awaiting(() => PassAsync(gate, schema)).Should().ThrowAsync<TokenStoreNotReadyException>()).Which.Problems.Should().ContainSingle()));
        _looks.Count.Should().Be(1);

        _clock.Advance(SchemaGate.Pause);
        await FluentActions.Awaiting(() => PassAsync(gate, schema)).Should().ThrowAsync<TokenStoreNotReadyException>();
        _looks.Count.Should().Be(2);
    }

    [Fact]
    public async Task DB_1_A_failed_operation_makes_the_gate_look_and_a_table_in_order_leaves_its_error_as_it_was()
    {
        PostgresSchema<AppDb> schema = await PostgresSchema<AppDb>.CreateAsync(postgres.Cluster);
        SchemaGate gate = new(_clock, Engines, ExpectedTable.OfConnections);
        await PassAsync(gate, schema);

        await FluentActions.Awaiting(() => PassAsync(gate, schema, "SELECT no_such_column FROM oauth_connections")).Should().ThrowAsync<Npgsql.PostgresException>();
        _looks.Count.Should().Be(2);
        await FluentActions.Awaiting(() => PassAsync(gate, schema, "SELECT pg_terminate_backend(pg_backend_pid())")).Should().ThrowAsync<Npgsql.PostgresException>();
        _looks.Count.Should().Be(2, "a connection that was lost says nothing about the table");
    }

    private async Task PassAsync(SchemaGate gate, PostgresSchema<AppDb> schema, string sql = "SELECT 1")
    {
        await using AppDb context = new(new DbContextOptionsBuilder<AppDb>().UseNpgsql(schema.ConnectionString).AddInterceptors(_looks, _looks.Operations).Options);
        await gate.RunAsync(context, _ => context.Database.ExecuteSqlRawAsync(sql), static changed => changed, static (_, _) => null, CancellationToken.None);
    }

    /// <summary>Counts what a look does and no operation: open the connection for something else than one of EF's commands.</summary>
    private sealed class LookCounter : DbConnectionInterceptor
    {
        private int _opened;

        public OperationCounter Operations { get; } = new();

        public int Count => _opened - Operations.Count;

        public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _opened);
            return Task.CompletedTask;
        }
    }

    private sealed class OperationCounter : DbCommandInterceptor
    {
        private int _count;

        public int Count => _count;

        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _count);
            return ValueTask.FromResult(result);
        }
    }
}
