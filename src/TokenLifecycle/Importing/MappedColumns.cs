using System.Globalization;

namespace TokenLifecycle.Importing;

/// <summary>A mapping resolved against the columns that a table really has.</summary>
internal sealed class MappedColumns
{
    private readonly ImportMapping _mapping;
    private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal);

    private MappedColumns(ImportMapping mapping) => _mapping = mapping;

    /// <exception cref="InvalidOperationException">A column is not there, or there twice, or the mapping contradicts itself.</exception>
    public static MappedColumns Of(ImportMapping mapping, IReadOnlyList<string> names)
    {
        var columns = new MappedColumns(mapping);
        List<string> problems = [.. Contradictions(mapping)];
        foreach ((string field, string? column) in Fields(mapping))
        {
            if (column is null || columns._columns.ContainsKey(column))
                continue;
            switch (Matches(names, column))
            {
                case [int found]:
                    columns._columns[column] = found;
                    break;
                case []:
                    problems.Add($"{field} names the column \"{column}\", which is not there.");
                    break;
                default:
                    problems.Add($"{field} names the column \"{column}\", which is there more than once: give it a separate name in the query (AS).");
                    break;
            }
        }

        return problems.Count == 0
            ? columns
            : throw new InvalidOperationException($"The ImportMapping of \"{mapping.Table}\" does not fit. {string.Join(" ", problems)} The columns are: {string.Join(", ", names)}. Nothing was read.");
    }

    public ImportRow Read(long number, Func<int, object?> get)
    {
        var values = new Values(this, get);
        return new ImportRow
        {
            Source = values.Text(_mapping.LabelColumn ?? _mapping.UserIdColumn) is { } label
                ? $"{_mapping.Table} {_mapping.LabelColumn ?? _mapping.UserIdColumn}={ImportText.Shown(label)}"
                : $"{_mapping.Table} row {number}",
            Provider = Translated(values.Text(_mapping.ProviderColumn), _mapping.ProviderNames) ?? _mapping.Provider,
            Tenant = values.Text(_mapping.TenantColumn) ?? _mapping.Tenant,
            UserId = values.Text(_mapping.UserIdColumn),
            Connection = Translated(values.Text(_mapping.ConnectionColumn), _mapping.ConnectionNames) ?? _mapping.Connection,
            AccessToken = values.Text(_mapping.AccessTokenColumn),
            RefreshToken = values.Text(_mapping.RefreshTokenColumn),
            ExpiresAt = values.Of(_mapping.ExpiresAtColumn),
            Scope = values.Scope(_mapping.ScopeColumn),
            AccountId = values.Text(_mapping.AccountIdColumn),
            IssuedAt = values.Of(_mapping.IssuedAtColumn),
            Problem = values.Problem,
        };
    }

    private static IEnumerable<(string Field, string? Column)> Fields(ImportMapping mapping) =>
    [
        (nameof(mapping.UserIdColumn), mapping.UserIdColumn),
        (nameof(mapping.AccessTokenColumn), mapping.AccessTokenColumn),
        (nameof(mapping.RefreshTokenColumn), mapping.RefreshTokenColumn),
        (nameof(mapping.ProviderColumn), mapping.ProviderColumn),
        (nameof(mapping.ConnectionColumn), mapping.ConnectionColumn),
        (nameof(mapping.TenantColumn), mapping.TenantColumn),
        (nameof(mapping.ExpiresAtColumn), mapping.ExpiresAtColumn),
        (nameof(mapping.ScopeColumn), mapping.ScopeColumn),
        (nameof(mapping.AccountIdColumn), mapping.AccountIdColumn),
        (nameof(mapping.IssuedAtColumn), mapping.IssuedAtColumn),
        (nameof(mapping.LabelColumn), mapping.LabelColumn),
    ];

    private static IEnumerable<string> Contradictions(ImportMapping mapping)
    {
        if (mapping.Provider is null == mapping.ProviderColumn is null)
            yield return "Set either Provider or ProviderColumn.";
        if (mapping.Connection is not null && mapping.ConnectionColumn is not null)
            yield return "Set Connection or ConnectionColumn, not both.";
        if (mapping.Tenant is not null && mapping.TenantColumn is not null)
            yield return "Set Tenant or TenantColumn, not both.";

        // A token's column under any other heading would put the token into keys and reports.
        foreach (string token in new[] { mapping.AccessTokenColumn, mapping.RefreshTokenColumn }.OfType<string>())
        {
            string[] users = [.. Fields(mapping).Where(field => string.Equals(field.Column, token, StringComparison.OrdinalIgnoreCase)).Select(static field => field.Field)];
            if (users.Length > 1)
                yield return $"{string.Join(" and ", users)} name the same column \"{token}\".";
        }
    }

    /// <summary>The exact name, else the name in any case if that is unambiguous: databases fold unquoted names.</summary>
    private static int[] Matches(IReadOnlyList<string> names, string column)
    {
        int[] exact = Where(StringComparison.Ordinal);
        return exact.Length > 0 ? exact : Where(StringComparison.OrdinalIgnoreCase);

        int[] Where(StringComparison comparison) => [.. Enumerable.Range(0, names.Count).Where(i => string.Equals(names[i], column, comparison))];
    }

    private static string? Translated(string? value, IReadOnlyDictionary<string, string> names) =>
        value is not null && names.TryGetValue(value, out string? name) ? name : value;

    /// <summary>The values of one row, and the first that could not be read.</summary>
    private sealed class Values(MappedColumns columns, Func<int, object?> get)
    {
        public string? Problem { get; private set; }

        public object? Of(string? column)
        {
            if (column is null)
                return null;
            try
            {
                return get(columns._columns[column]) is var value and not DBNull ? value : null;
            }
            catch (Exception refused) when (refused is InvalidCastException or FormatException or ArgumentException or OverflowException or NotSupportedException)
            {
                // A value that the driver cannot turn into a .NET value, such as a date before the year 1. Its message may quote it.
                Problem ??= $"The column \"{column}\" cannot be read ({refused.GetType().Name}). Cast it in the query, or correct the row.";
                return null;
            }
        }

        public string? Text(string? column) => Of(column) switch
        {
            null => null,
            string text => text,
            IFormattable plain and (Guid or long or int or short or byte or sbyte or ulong or uint or ushort or decimal or double or float) => plain.ToString(format: null, CultureInfo.InvariantCulture),
            var other => Foreign(column!, other),
        };

        public string? Scope(string? column) => Of(column) is IEnumerable<string> many ? string.Join(' ', many) : Text(column);

        private string? Foreign(string column, object value)
        {
            Problem ??= $"The column \"{column}\" holds {value.GetType().Name}, which is not text. Cast it in the query; what is encrypted has to be decrypted first.";
            return null;
        }
    }
}
