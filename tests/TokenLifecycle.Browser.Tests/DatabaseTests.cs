using Npgsql;
using TokenLifecycle.Postgres;

namespace TokenLifecycle.Browser.Tests;

/// <summary>With a connection string the sample keeps its connections in PostgreSQL, and finds them there after a restart.</summary>
[Collection(BrowserCollection.Name)]
[Trait(Needs.Name, Needs.PostgreSql)]
public sealed class DatabaseTests(Chromium chromium)
{
    [BrowserFact]
    public async Task Connections_are_rows_of_the_apps_own_database_and_encrypted()
    {
        await using PostgresCluster cluster = await PostgresCluster.StartAsync();
        string database = await cluster.CreateDatabaseAsync();
        await using (Dashboard app = await Dashboard.StartAsync(("ConnectionStrings__Tokens", database), ("SIMULATED_TOKEN_SECONDS", "3600")))
        {
            await using Surfer ada = await Surfer.OpenAsync(chromium, app.Address);
            await ada.SignInAsync("ada");
            await ada.ConnectAndReturnAsync("Strava");
            await ada.Page.GotoAsync("/operator");
            ada.ExpectNoComplaint();
        }

        await using NpgsqlConnection connection = new(database);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new("SELECT provider || ' ' || user_id || ' ' || left(refresh_token, 4) FROM oauth_connections", connection);
        (await command.ExecuteScalarAsync()).Should().Be("strava ada dp1.");

        await using Dashboard again = await Dashboard.StartAsync(("ConnectionStrings__Tokens", database));
        again.Said.Should().Contain("Application started", "the table that is there is the one that is expected");
    }
}
