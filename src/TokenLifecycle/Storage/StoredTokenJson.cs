using System.Collections.Immutable;
using System.Text.Json;

namespace TokenLifecycle.Storage;

/// <summary>Rows as JSON in UTF-8, in an envelope that says which format and whose row it is.</summary>
internal static class StoredTokenJson
{
    private const int Format = 1;

    public static byte[] Write(LeasedConnection row) => JsonSerializer.SerializeToUtf8Bytes(ToJson(row), StoredTokenJsonContext.Default.StoredTokenEnvelope);

    /// <summary>Reads what <see cref="Write"/> wrote for this key. The place is the subject of what an exception says.</summary>
    /// <exception cref="UnreadableTokenException">These are other bytes, or those of another row.</exception>
    public static LeasedConnection Read(TokenKey key, ReadOnlySpan<byte> bytes, string place = "it")
    {
        try
        {
            StoredTokenEnvelope json = JsonSerializer.Deserialize(bytes, StoredTokenJsonContext.Default.StoredTokenEnvelope)
                ?? throw new JsonException();
            if (json.Format != Format)
                throw new UnreadableTokenException(key, $"{place} has format {json.Format}, and this version of the library reads format {Format}. Use the version that wrote it, or a later one.");
            if (new TokenKey(json.Provider, json.UserId, json.Connection).In(json.Tenant) != key)
                throw new UnreadableTokenException(key, $"{place} was written for another connection. Find out who copies entries in this storage.");
            return FromJson(key, json);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or OverflowException)
        {
            // The cause is left out: its message quotes the place, and that may be next to a token.
            throw new UnreadableTokenException(key, $"{place} was not written by this library, or is damaged. Restore it from a backup, or disconnect and connect again.");
        }
    }

    /// <summary>Reads as <see cref="Read"/> does; <see langword="null"/> where that throws.</summary>
    public static LeasedConnection? ReadOrNull(TokenKey key, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Read(key, bytes);
        }
        catch (UnreadableTokenException)
        {
            return null;
        }
    }

    private static StoredTokenEnvelope ToJson(LeasedConnection row)
    {
        StoredToken token = row.Token;
        TokenSet tokens = token.Tokens;
        return new StoredTokenEnvelope
        {
            Format = Format,
            Tenant = token.Key.Tenant is { Length: > 0 } tenant ? tenant : null,
            Provider = token.Key.Provider,
            UserId = token.Key.UserId,
            Connection = token.Key.Connection,
            Version = token.Version,
            Reauthorization = token.Reauthorization,
            Failure = token.Failure,
            NextRefreshAt = token.NextRefreshAt?.ToUniversalTime(),
            ReceivedAt = token.ReceivedAt.ToUniversalTime(),
            RetiredFingerprints = [.. token.RetiredFingerprints],
            ClientFingerprint = token.ClientFingerprint,
            Intent = token.Intent,
            LeaseOwner = row.Lease?.Owner,
            LeaseTakenAtTicks = row.Lease?.TakenAt.Ticks ?? 0,
            LeaseDurationTicks = row.Lease?.Duration.Ticks ?? 0,
            AccessToken = tokens.AccessToken,
            TokenType = tokens.TokenType,
            RefreshToken = tokens.RefreshToken,
            IssuedAt = tokens.IssuedAt?.ToUniversalTime(),
            ExpiresAt = tokens.ExpiresAt?.ToUniversalTime(),
            RefreshTokenExpiresAt = tokens.RefreshTokenExpiresAt?.ToUniversalTime(),
            Scopes = tokens.Scopes is null ? null : [.. tokens.Scopes],
            AccountId = tokens.AccountId,
            Captured = new Dictionary<string, string>(tokens.Captured, StringComparer.Ordinal),
            Issuer = tokens.Issuer,
            ClientId = tokens.ClientId,
        };
    }

    private static LeasedConnection FromJson(TokenKey key, StoredTokenEnvelope json)
    {
        StoredToken token = new()
        {
            Key = key,
            Version = json.Version,
            Reauthorization = json.Reauthorization,
            Failure = json.Failure,
            NextRefreshAt = json.NextRefreshAt,
            ReceivedAt = json.ReceivedAt,
            RetiredFingerprints = json.RetiredFingerprints.ToImmutableArray(),
            ClientFingerprint = json.ClientFingerprint,
            Intent = json.Intent,
            Tokens = new TokenSet
            {
                AccessToken = json.AccessToken,
                TokenType = json.TokenType,
                RefreshToken = json.RefreshToken,
                IssuedAt = json.IssuedAt,
                ExpiresAt = json.ExpiresAt,
                RefreshTokenExpiresAt = json.RefreshTokenExpiresAt,
                Scopes = json.Scopes?.ToImmutableArray(),
                AccountId = json.AccountId,
                Captured = json.Captured.ToImmutableDictionary(StringComparer.Ordinal),
                Issuer = json.Issuer,
                ClientId = json.ClientId,
            },
        };
        RefreshLease? lease = json.LeaseOwner is { } owner
            ? new RefreshLease(owner, TimeSpan.FromTicks(json.LeaseTakenAtTicks), TimeSpan.FromTicks(json.LeaseDurationTicks))
            : null;
        return new LeasedConnection(token, lease);
    }
}
