using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Importing;

namespace Snippets;

internal static class Importing
{
    #region import-a
    private static readonly ImportMapping Dashboard = new()
    {
        Table = "user_settings",
        Provider = "strava",
        UserIdColumn = "id",                             // not the email address: it can be reassigned
        AccessTokenColumn = "strava_access_token",
        RefreshTokenColumn = "strava_refresh_token",
        ExpiresAtColumn = "strava_token_expires_at",     // BIGINT, seconds since 1970
        AccountIdColumn = "strava_athlete_id",
        IssuedAtColumn = "strava_token_created_at",
    };
    #endregion

    #region import-b
    private static readonly ImportMapping Google = new()
    {
        Table = "user_oauth_tokens",
        LabelColumn = "id",                              // identifies the row in the report
        Provider = "google",
        ConnectionColumn = "service",                    // three grants of one user are three connections
        ConnectionNames = new Dictionary<string, string>
        {
            ["GOOGLE_CALENDAR"] = "calendar",
            ["GOOGLE_DRIVE"] = "drive",
            ["GMAIL"] = "gmail",
        },
        UserIdColumn = "user_id",
        AccessTokenColumn = "access_token",
        RefreshTokenColumn = "refresh_token",
        ExpiresAtColumn = "token_expiry",                // TIMESTAMPTZ
        ScopeColumn = "scope",
        AccountIdColumn = "service_user_id",
        IssuedAtColumn = "updated_at",                   // only shows which of two rows is newer
    };
    #endregion

    #region import-c
    private static readonly ImportMapping Athletes = new()
    {
        Table = "oauth_tokens",
        Provider = "trainingpeaks",
        UserIdColumn = "athlete_id",
        AccessTokenColumn = "access_token",
        RefreshTokenColumn = "refresh_token",
        ExpiresAtColumn = "expires_at",
        ScopeColumn = "scope",                           // separated by spaces or commas
    };
    #endregion

    #region import-run
    public static async Task ImportAsync(IServiceProvider services, DbConnection old, bool forReal, CancellationToken ct)
    {
        var importer = services.GetRequiredService<TokenImporter>();
        await using DbCommand query = old.CreateCommand();
        query.CommandText = "SELECT * FROM user_settings";
        await using DbDataReader reader = await query.ExecuteReaderAsync(ct);

        ImportReport report = await importer.ImportAsync(Dashboard.ReadAsync(reader, ct), new ImportOptions { DryRun = !forReal }, ct);
        Console.WriteLine(report);                       // holds no token
        if (report.Failure is not null)
            Environment.ExitCode = 1;                    // the store failed: run the import again
    }
    #endregion

    public static Task<ImportReport> ImportFileAsync(TokenImporter importer, IEnumerable<IReadOnlyDictionary<string, object?>> csv, CancellationToken ct)
    {
        #region import-dictionaries
        IAsyncEnumerable<ImportRow> rows = csv.Select((row, index) => Athletes.Read(row, index + 1)).ToAsyncEnumerable();
        return importer.ImportAsync(rows, cancellationToken: ct);        // a dry run by default
        #endregion
    }

    public static Task<ImportReport> ImportGoogleAsync(TokenImporter importer, DbDataReader reader, CancellationToken ct) =>
        importer.ImportAsync(Google.ReadAsync(reader, ct), cancellationToken: ct);
}
