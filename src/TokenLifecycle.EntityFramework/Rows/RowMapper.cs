using TokenLifecycle.EntityFramework.Model;
using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>
/// Rows as <see cref="StoredToken"/>. Lenient where nothing hangs on a value, because the table may be an adopted one or be shared with a newer version
/// of this library; a row whose tokens or decision cannot be read is unreadable.
/// </summary>
internal static class RowMapper
{
    public static TokenKey KeyOf(IReadOnlyDictionary<string, object?> row) =>
        new TokenKey(row.Text(Row.Provider)!, row.Text(Row.UserId)!, row.Text(Row.Connection)!).In(row.Text(Row.Tenant));

    /// <exception cref="UnreadableTokenException">The row cannot be read.</exception>
    public static StoredToken ToToken(TokenKey key, IReadOnlyDictionary<string, object?> row) => new()
    {
        Key = key,
        Version = row.Version(),
        Reauthorization = Reauthorization(key, row),
        Failure = Failure(row),
        NextRefreshAt = row.Moment(Row.NextRefreshAt),
        ReceivedAt = row.Moment(Row.ReceivedAt) ?? default,
        ClientFingerprint = row.Text(Row.ClientFingerprint),
        RetiredFingerprints = RowText.ToWords(row.Text(Row.RetiredFingerprints)) ?? [],
        Intent = Intent(row),
        Tokens = new TokenSet
        {
            AccessToken = row.Text(Row.AccessToken) ?? throw new UnreadableTokenException(key, "it has no access token. Restore the row from a backup, or disconnect and connect again."),
            RefreshToken = row.Text(Row.RefreshToken),
            TokenType = row.Text(Row.TokenType) ?? "Bearer",
            IssuedAt = row.Moment(Row.IssuedAt),
            ExpiresAt = row.Moment(Row.ExpiresAt),
            RefreshTokenExpiresAt = row.Moment(Row.RefreshTokenExpiresAt),
            Scopes = RowText.ToWords(row.Text(Row.Scopes)),
            AccountId = row.Text(Row.AccountId),
            Captured = RowText.ToPairs(row.Text(Row.Captured)) ?? throw new UnreadableTokenException(
                key, $"its {nameof(Row.Captured)} is not what this library writes there. Restore the column from a backup or set it to NULL."),
            Issuer = row.Text(Row.Issuer),
            ClientId = row.Text(Row.ClientId),
        },
    };

    /// <returns>The token; <see langword="null"/> if the row cannot be read.</returns>
    public static StoredToken? ToTokenOrNull(TokenKey key, IReadOnlyDictionary<string, object?> row)
    {
        try
        {
            return ToToken(key, row);
        }
        catch (UnreadableTokenException)
        {
            return null;
        }
    }

    /// <summary>Everything except secrets, which are read only to check that the row is complete.</summary>
    public static StoredConnection ToConnection(IReadOnlyDictionary<string, object?> row)
    {
        TokenKey key = KeyOf(row);
        return ToTokenOrNull(key, row) is not { } token
            ? new StoredConnection { Key = key, IsUnreadable = true }
            : new StoredConnection
            {
                Key = key,
                Version = token.Version,
                AccountId = token.Tokens.AccountId,
                Scopes = token.Tokens.Scopes,
                ExpiresAt = token.Tokens.ExpiresAt,
                RefreshTokenExpiresAt = token.Tokens.RefreshTokenExpiresAt,
                ReceivedAt = token.ReceivedAt,
                NextRefreshAt = token.NextRefreshAt,
                Reauthorization = token.Reauthorization,
                Failure = token.Failure,
            };
    }

    /// <summary>This version does not guess what the decision of a newer version means.</summary>
    private static ReauthorizationReason? Reauthorization(TokenKey key, IReadOnlyDictionary<string, object?> row)
    {
        if (row.Text(Row.Reauthorization) is not { } text)
            return null;
        if (Array.IndexOf(Enum.GetNames<ReauthorizationReason>(), text) < 0)
            throw new UnreadableTokenException(key, $"its {nameof(Row.Reauthorization)} is unknown to this version of the library. Use the version that wrote it, or a later one.");
        return Enum.Parse<ReauthorizationReason>(text);
    }

    /// <summary>
    /// The kind of failure that a newer version noted is read as temporary: the record decides nothing then, and only the next attempt
    /// counts.
    /// </summary>
    private static TokenFailure? Failure(IReadOnlyDictionary<string, object?> row)
    {
        if (row.Text(Row.FailureKind) is not { } text)
            return null;

        DateTimeOffset at = row.Moment(Row.FailureAt) ?? row.Moment(Row.UpdatedAt) ?? DateTimeOffset.UnixEpoch;
        return new TokenFailure
        {
            Kind = Array.IndexOf(Enum.GetNames<TokenFailureKind>(), text) < 0 ? TokenFailureKind.ProviderUnavailable : Enum.Parse<TokenFailureKind>(text),
            At = at,
            FirstAt = row.Moment(Row.FailureFirstAt) ?? at,
            Attempts = row.Number(Row.FailureAttempts) ?? 1,
            ErrorCode = row.Text(Row.FailureErrorCode),
            HttpStatus = row.Number(Row.FailureHttpStatus),
        };
    }

    private static RefreshIntent? Intent(IReadOnlyDictionary<string, object?> row)
    {
        if (row.Number(Row.IntentPresentations) is not (> 0 and var presentations))
            return null;

        DateTimeOffset last = row.Moment(Row.IntentLastAt) ?? row.Moment(Row.UpdatedAt) ?? DateTimeOffset.UnixEpoch;
        return new RefreshIntent
        {
            AttemptId = row.Text(Row.IntentAttemptId) is { Length: > 0 } attempt ? attempt : null,
            FirstAt = row.Moment(Row.IntentFirstAt) ?? last,
            LastAt = last,
            AttemptCount = presentations,
        };
    }
}
