using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.State;

/// <summary>Turns a row and its evaluation into what a status page shows.</summary>
internal static class StatusReport
{
    public static ConnectionStatus Of(TokenKey key, StoredToken? row, FreshnessVerdict verdict, OAuthProviderOptions provider)
    {
        if (row is null)
            return new ConnectionStatus { Key = key, State = verdict.State, Reason = verdict.Reason, ReconnectPath = provider.ReconnectPath };

        IReadOnlyList<string> granted = row.Tokens.Scopes ?? [.. provider.Scopes];
        return new ConnectionStatus
        {
            Key = key,
            State = verdict.State,
            Reason = verdict.Reason,
            ExpiresAt = row.Tokens.ExpiresAt,
            NextAttemptAt = verdict.State != TokenState.ReauthorizationRequired && ConnectionEvaluator.IsRenewable(row, provider) ? row.NextRefreshAt : null,
            GrantedScopes = granted,
            MissingScopes = [.. GrantedScopes.MissingOf(provider, granted)],
            AccountId = row.Tokens.AccountId,
            LastRefreshedAt = row.ReceivedAt,
            LastFailure = row.Failure,
            ReconnectPath = provider.ReconnectPath,
        };
    }

    public static ConnectionStatus Unreadable(TokenKey key, OAuthProviderOptions provider, DateTimeOffset now) => new()
    {
        Key = key,
        State = TokenState.Unreadable,
        LastFailure = new TokenFailure { Kind = TokenFailureKind.Unreadable, At = now, FirstAt = now, Attempts = 1 },
        ReconnectPath = provider.ReconnectPath,
    };
}
