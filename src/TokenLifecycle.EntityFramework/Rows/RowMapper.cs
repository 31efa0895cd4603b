using TokenLifecycle.Storage;

namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>
/// Rows as <see cref="StoredToken"/>. Lenient where nothing hangs on a value, because the table may be an adopted one or be shared with a
/// newer version of this library; a row whose tokens or decision cannot be read is unreadable.
/// </summary>
internal static class RowMapper
{
    public static TokenKey KeyOf(OAuthConnection row) => new TokenKey(row.Provider, row.UserId, row.Connection).In(row.Tenant);

    /// <exception cref="UnreadableTokenException">The row cannot be read.</exception>
    public static StoredToken ToToken(TokenKey key, OAuthConnection row) => new()
    {
        Key = key,
        Version = row.Version,
        Reauthorization = Reauthorization(key, row),
        Failure = Failure(row),
        NextRefreshAt = row.NextRefreshAt.Moment(),
        ReceivedAt = row.ReceivedAt.Moment() ?? default,
        ClientFingerprint = row.ClientFingerprint,
        RetiredFingerprints = RowText.ToWords(row.RetiredFingerprints) ?? [],
        Intent = Intent(row),
        Tokens = new TokenSet
        {
            AccessToken = row.AccessToken ?? throw new UnreadableTokenException(key, "it has no access token. Restore the row from a backup, or disconnect and connect again."),
            RefreshToken = row.RefreshToken,
            TokenType = row.TokenType ?? "Bearer",
            IssuedAt = row.IssuedAt.Moment(),
            ExpiresAt = row.ExpiresAt.Moment(),
            RefreshTokenExpiresAt = row.RefreshTokenExpiresAt.Moment(),
            Scopes = RowText.ToWords(row.Scopes),
            AccountId = row.AccountId,
            Captured = RowText.ToPairs(row.Captured) ?? throw new UnreadableTokenException(
                key, $"its {nameof(OAuthConnection.Captured)} is not what this library writes there. Restore the column from a backup or set it to NULL."),
            Issuer = row.Issuer,
            ClientId = row.ClientId,
            SignInIssuer = row.SignInIssuer,
        },
    };

    /// <returns>The token; <see langword="null"/> if the row cannot be read.</returns>
    public static StoredToken? ToTokenOrNull(TokenKey key, OAuthConnection row)
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
    public static StoredConnection ToConnection(OAuthConnection row)
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
    private static ReauthorizationReason? Reauthorization(TokenKey key, OAuthConnection row)
    {
        if (row.Reauthorization is not { } text)
            return null;
        if (Array.IndexOf(Enum.GetNames<ReauthorizationReason>(), text) < 0)
            throw new UnreadableTokenException(key, $"its {nameof(OAuthConnection.Reauthorization)} is unknown to this version of the library. Use the version that wrote it, or a later one.");
        return Enum.Parse<ReauthorizationReason>(text);
    }

    /// <summary>
    /// The kind of failure that a newer version noted is read as temporary: the record decides nothing then, and only the next attempt
    /// counts.
    /// </summary>
    private static TokenFailure? Failure(OAuthConnection row)
    {
        if (row.FailureKind is not { } text)
            return null;

        DateTimeOffset at = row.FailureAt.Moment() ?? row.UpdatedAt.Moment() ?? DateTimeOffset.UnixEpoch;
        return new TokenFailure
        {
            Kind = Array.IndexOf(Enum.GetNames<TokenFailureKind>(), text) < 0 ? TokenFailureKind.ProviderUnavailable : Enum.Parse<TokenFailureKind>(text),
            At = at,
            FirstAt = row.FailureFirstAt.Moment() ?? at,
            Attempts = row.FailureAttempts ?? 1,
            ErrorCode = row.FailureErrorCode,
            HttpStatus = row.FailureHttpStatus,
        };
    }

    private static RefreshIntent? Intent(OAuthConnection row)
    {
        if (row.IntentPresentations is not (> 0 and var presentations))
            return null;

        DateTimeOffset last = row.IntentLastAt.Moment() ?? row.UpdatedAt.Moment() ?? DateTimeOffset.UnixEpoch;
        return new RefreshIntent
        {
            AttemptId = row.IntentAttemptId is { Length: > 0 } attempt ? attempt : null,
            FirstAt = row.IntentFirstAt.Moment() ?? last,
            LastAt = last,
            AttemptCount = presentations,
        };
    }
}
