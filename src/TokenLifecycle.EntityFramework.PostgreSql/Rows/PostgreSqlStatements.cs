using System.Runtime.CompilerServices;
using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.EntityFramework.Rows;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.PostgreSql.Rows;

/// <summary>
/// One statement for each step, so that a step is atomic without a transaction, holds no connection, and costs one round trip. Every one runs on the
/// clock of the database. Why they look as they do: docs/adr/0008.
/// </summary>
internal sealed class PostgreSqlStatements
{
    public const string Attempt = "attempt";
    public const string LeaseSeconds = "lease_seconds";
    public const string ExpectedVersion = "expected_version";
    public const string HasFailure = "has_failure";
    public const string TakeBack = "take_back";
    public const string Limit = "limit";

    /// <summary>Whose change is notified: a <see cref="TokenInvalidation.KeyFingerprint"/>.</summary>
    public const string Told = "told";

    /// <summary>The channel of notifications.</summary>
    public const string Channel = "tokenlifecycle";

    private const string Now = "clock_timestamp()";

    /// <summary>The database's clock in microseconds since 1970.</summary>
    public static string ReadClock => $"SELECT {Microseconds}";

    private static readonly ConditionalWeakTable<TokenTable, PostgreSqlStatements> Known = [];
    private static readonly ConditionalWeakTable<TokenTable, PostgreSqlStatements> KnownTelling = [];

    // A save sets these itself; the rest are the values of the token.
    private static readonly string[] Kept =
    [
        Row.Version, Row.LeaseOwner, Row.LeaseTakenAt, Row.LeaseUntil, Row.IntentAttemptId, Row.IntentFirstAt, Row.IntentLastAt, Row.IntentPresentations,
        Row.CreatedAt, Row.UpdatedAt,
    ];

    /// <summary>What a save writes.</summary>
    public static readonly RowProperty[] Written = [.. Row.All.Where(static row => !Kept.Contains(row.Name, StringComparer.Ordinal))];

    /// <summary>What the end of a refresh writes.</summary>
    public static readonly RowProperty[] WrittenAtEnd = [.. Row.All.Where(static row =>
        Row.Failure.Contains(row.Name, StringComparer.Ordinal) || row.Name is Row.Reauthorization or Row.ClientFingerprint or Row.NextRefreshAt or Row.WriteId)];

    private readonly TokenTable _table;

    /// <param name="table">The table.</param>
    /// <param name="tells">Whether changes that invalidate a cache are notified on <see cref="Channel"/>, in the same statement: they are
    /// received if and when it commits.</param>
    private PostgreSqlStatements(TokenTable table, bool tells)
    {
        _table = table;
        string key = string.Join(" AND ", Row.Key.Select(name => $"{table[name]} = @{name}"));
        string[] written = [.. Written.Select(static row => row.Name)];
        string[] values = [.. written.Except(Row.Key, StringComparer.Ordinal)];

        // If the time is not greater (for example, because the clock was ahead), adds a random step: a database that went back to an older state must not give another row the version of a lost one.
        string version = $"GREATEST({Of("t", Row.Version)} + 1 + (random() * {RowValues.LongestVersionStep})::bigint, {Microseconds})";

        Begin = $"""
            WITH taken AS (
                UPDATE {table.Name} AS t SET {Taken}
                FROM (SELECT {Now} AS now) AS moment
                WHERE {key} AND {Readable} AND {IsFree}
                RETURNING {AllOf("t")})
            SELECT {table.AllColumns} FROM taken
            UNION ALL
            SELECT {table.AllColumns} FROM {table.Name} WHERE {key} AND NOT EXISTS (SELECT FROM taken)
            """;

        End = $"""
            UPDATE {table.Name} SET {FailureSet()}, {table[Row.ClientFingerprint]} = COALESCE(@{Row.ClientFingerprint}, {table[Row.ClientFingerprint]}), {table[Row.Reauthorization]} = COALESCE(@{Row.Reauthorization}, {table[Row.Reauthorization]}),
                {table[Row.NextRefreshAt]} = COALESCE(@{Row.NextRefreshAt}, CASE WHEN COALESCE(@{Row.Reauthorization}, {table[Row.Reauthorization]}) IS NULL THEN {table[Row.NextRefreshAt]} END),
                {TakenBackSet()},
                {NoLease}, {table[Row.WriteId]} = @{Row.WriteId}, {table[Row.UpdatedAt]} = {Now}
            WHERE {key} AND {table[Row.LeaseOwner]} = @{Attempt} AND {table[Row.Version]} = @{ExpectedVersion}
            """;

        // A decision leaves the version unchanged, although what others have cached at this version is out of date.
        EndForGood = tells ? $"{End} RETURNING {Telling($"{table[Row.Version]} + 1")}" : End;

        Insert = $"""
            INSERT INTO {table.Name} ({Columns(written)}, {table[Row.Version]}, {table[Row.CreatedAt]}, {table[Row.UpdatedAt]})
            VALUES ({string.Join(", ", written.Select(static name => "@" + name))}, {Microseconds}, {Now}, {Now})
            ON CONFLICT ({Columns(Row.Key)}) DO NOTHING
            RETURNING {table[Row.Version]} AS "Value"{(tells ? ", " + Telling(table[Row.Version]) : "")}
            """;

        Update = $"""
            UPDATE {table.Name} AS t SET {string.Join(", ", values.Select(name => $"{table[name]} = @{name}"))},
                {NoLease}, {NoIntent}, {table[Row.Version]} = {version}, {table[Row.UpdatedAt]} = {Now}
            WHERE {key} AND {table[Row.Version]} = @{ExpectedVersion} AND {Readable}
            RETURNING {Of("t", Row.Version)} AS "Value"{(tells ? ", " + Telling(Of("t", Row.Version)) : "")}
            """;

        Delete = $"DELETE FROM {table.Name} WHERE {key} RETURNING {table.AllColumns}{(tells ? ", " + Telling($"{table[Row.Version]} + 1") : "")}";

        // The inner select locks what it picks and steps over what others have locked; the update then repeats nothing but the key. Three things keep it from reading more than it
        // acquires, whatever the planner guesses: the moment of due is fixed for the statement, so that the index ends the scan there (a
        // moment that moves is compared row by row, to the
        // end of the table); the conditions are in a CASE, which the planner takes for half true; each of them alone it takes for hardly
        // ever true, and then ignores the index;
        // and the update finds its rows by a list of users, so that it never reads the table to join it.
        ClaimDue = $"""
            WITH due AS MATERIALIZED (
                SELECT {Columns(Row.Key)} FROM {table.Name}
                WHERE {table[Row.Provider]} = @{Row.Provider} AND {table[Row.NextRefreshAt]} <= statement_timestamp()
                    AND CASE WHEN {string.Join(" AND ", Row.Key.Select(name => $"char_length({table[name]}) BETWEEN {(name == Row.Tenant ? 0 : 1)} AND {TokenKey.MaxPartLength} AND {table[name]} !~ '[[:cntrl:]]'"))}
                        AND {Readable} AND {IsFree} THEN TRUE ELSE FALSE END
                ORDER BY {table[Row.NextRefreshAt]} LIMIT @{Limit}
                FOR UPDATE SKIP LOCKED)
            UPDATE {table.Name} AS t SET {Taken}
            FROM due, (SELECT {Now} AS now) AS moment
            WHERE {Of("t", Row.Provider)} = @{Row.Provider} AND {Of("t", Row.UserId)} = ANY (ARRAY(SELECT {table[Row.UserId]} FROM due))
                AND {string.Join(" AND ", Row.Key.Select(name => $"{Of("t", name)} = {Of("due", name)}"))}
            RETURNING {AllOf("t")}
            """;
    }

    public string Begin { get; }

    public string End { get; }

    /// <summary>The same with a decision.</summary>
    public string EndForGood { get; }

    public string Insert { get; }

    public string Update { get; }

    public string Delete { get; }

    public string ClaimDue { get; }

    /// <summary>Grows over deletes and restarts alike, because it is taken from the time; a row's own counter would start again.</summary>
    private static string Microseconds => $"(extract(epoch FROM {Now}) * 1000000)::bigint";

    private string IsOwn => $"({_table[Row.LeaseOwner]} IS NOT DISTINCT FROM @{Attempt})";

    /// <summary>Counted in both directions: should the clock be set back by more than the lease is long, the lease must not last until it has caught up.</summary>
    private string IsFree => $"""
        ({_table[Row.LeaseOwner]} IS NULL OR {_table[Row.LeaseOwner]} = @{Attempt} OR {_table[Row.LeaseUntil]} IS NULL OR {_table[Row.LeaseUntil]} <= {Now}
            OR {_table[Row.LeaseTakenAt]} - ({_table[Row.LeaseUntil]} - {_table[Row.LeaseTakenAt]}) >= {Now})
        """;

    /// <summary>What <see cref="RowMapper"/> can read: any other row is left unchanged.</summary>
    private string Readable => $"""
        {_table[Row.AccessToken]} IS NOT NULL
            AND ({_table[Row.Reauthorization]} IS NULL OR {_table[Row.Reauthorization]} IN ({string.Join(", ", Enum.GetNames<ReauthorizationReason>().Select(static name => $"'{name}'"))}))
            AND ({_table[Row.Captured]} IS NULL OR {_table[Row.Captured]} ~ '{RowText.PairsPattern}')
        """;

    // The lease runs from when the row's lock was got, however long that took; the intent's two times are one and the same moment.
    private string Taken => $"""
        {_table[Row.LeaseOwner]} = @{Attempt}, {_table[Row.LeaseTakenAt]} = {Now}, {_table[Row.LeaseUntil]} = {Now} + make_interval(secs => @{LeaseSeconds}),
            {_table[Row.IntentAttemptId]} = COALESCE({_table[Row.IntentAttemptId]}, CASE WHEN {IsOwn} THEN NULL ELSE @{Attempt} END),
            {_table[Row.IntentFirstAt]} = CASE WHEN {IsOwn} THEN {_table[Row.IntentFirstAt]} ELSE COALESCE({_table[Row.IntentFirstAt]}, moment.now) END,
            {_table[Row.IntentLastAt]} = CASE WHEN {IsOwn} THEN {_table[Row.IntentLastAt]} ELSE moment.now END,
            {_table[Row.IntentPresentations]} = CASE WHEN {IsOwn} THEN {_table[Row.IntentPresentations]} ELSE COALESCE({_table[Row.IntentPresentations]}, 0) + 1 END,
            {_table[Row.WriteId]} = @{Row.WriteId}, {_table[Row.UpdatedAt]} = {Now}
        """;

    private string NoLease => $"{_table[Row.LeaseOwner]} = NULL, {_table[Row.LeaseTakenAt]} = NULL, {_table[Row.LeaseUntil]} = NULL";

    private string NoIntent =>
        $"{_table[Row.IntentAttemptId]} = NULL, {_table[Row.IntentFirstAt]} = NULL, {_table[Row.IntentLastAt]} = NULL, {_table[Row.IntentPresentations]} = NULL";

    public static PostgreSqlStatements Of(TokenTable table, bool tells) => tells
        ? KnownTelling.GetValue(table, static table => new PostgreSqlStatements(table, tells: true))
        : Known.GetValue(table, static table => new PostgreSqlStatements(table, tells: false));

    // As a message is read: TokenInvalidation. The function returns nothing, of a type that not everything between here and there can read; so a column says that.
    private static string Telling(string before) => $"pg_notify('{Channel}', @{Told} || ' ' || ({before})) IS NULL AS told";

    private static string FailureColumnsValue(string column, string name) => $"{column} = CASE WHEN @{HasFailure} THEN @{name} ELSE {column} END";

    private string Of(string alias, string property) => $"{alias}.{_table[property]}";

    private string AllOf(string alias) => string.Join(", ", Row.All.Select(row => Of(alias, row.Name)));

    private string Columns(IEnumerable<string> properties) => string.Join(", ", properties.Select(name => _table[name]));

    private string FailureSet() => string.Join(", ", Row.Failure.Select(name => FailureColumnsValue(_table[name], name)));

    private string TakenBackSet()
    {
        string presentations = _table[Row.IntentPresentations];
        string isLast = $"@{TakeBack} AND COALESCE({presentations}, 0) <= 1";
        IEnumerable<string> times = new[] { Row.IntentFirstAt, Row.IntentLastAt }.Select(name => $"{_table[name]} = CASE WHEN {isLast} THEN NULL ELSE {_table[name]} END");

        // The outcome of this attempt is recorded. The id of an attempt that was taken over stays, unless a request has been sent since.
        string intent = _table[Row.IntentAttemptId];
        string attempt = $"{intent} = CASE WHEN {isLast} OR NOT @{TakeBack} OR {intent} = @{Attempt} THEN NULL ELSE {intent} END";
        return $"{attempt}, {string.Join(", ", times)}, {presentations} = CASE WHEN {isLast} THEN NULL WHEN @{TakeBack} THEN {presentations} - 1 ELSE {presentations} END";
    }
}
