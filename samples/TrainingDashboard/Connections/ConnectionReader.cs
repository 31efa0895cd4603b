using TokenLifecycle;
using TokenLifecycle.Providers;
using TrainingDashboard.Training;

namespace TrainingDashboard.Connections;

/// <summary>The user's connections, each with what it gives access to.</summary>
internal sealed class ConnectionReader(ITokenManager tokens, TrainingReader training)
{
    private static readonly (string Provider, string Connection, string Name)[] Known =
    [
        (StravaProvider.Name, TokenKey.DefaultConnection, "Strava"),
        (TrainingPeaksProvider.Name, "athlete", "TrainingPeaks"),
        (Providers.Coach, "coach", "TrainingPeaks coach"),
    ];

    public static string NameOf(string provider) => Known.FirstOrDefault(known => known.Provider == provider).Name ?? provider;

    public async Task<IReadOnlyList<ConnectionView>> ReadAsync(string userId, CancellationToken cancellationToken) =>
        await Task.WhenAll(Known.Select(known => ReadAsync(new TokenKey(known.Provider, userId, known.Connection), known.Name, cancellationToken)));

    private async Task<ConnectionView> ReadAsync(TokenKey key, string name, CancellationToken cancellationToken)
    {
        try
        {
            ConnectionStatus status = await tokens.GetStatusAsync(key, cancellationToken);
            if (status.State == TokenState.Missing)
                return new ConnectionView(key, name, status, Advice.Of(status, name), []);

            // Looking at the data renews the token if need be, so the status is read again afterwards.
            IReadOnlyList<DataTable> tables = await training.ReadAsync(key, status.GrantedScopes, cancellationToken);
            status = await tokens.GetStatusAsync(key, cancellationToken);
            return new ConnectionView(key, name, status, Advice.Of(status, name), tables);
        }
        catch (TokenTemporarilyUnavailableException)
        {
            return new ConnectionView(key, name, Status: null, new Advice("On hold", "bad", "Our store of connections cannot be read at the moment. Nothing was lost.", Mend.Nothing), []);
        }
    }
}
