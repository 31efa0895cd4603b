using TokenLifecycle.Connections;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.Providers;
using TokenLifecycle.Refresh;

namespace TokenLifecycle.Importing;

/// <summary>Finds problems of a single row. Uses nothing but the row and its provider's settings.</summary>
internal sealed class ImportJudge(ProviderRegistry providers, TimeProvider time)
{
    private const int LongestNumber = 20;

    public ImportCandidate Judge(ImportRow row, long number)
    {
        var candidate = new ImportCandidate(row.Source ?? $"row {number}");
        if (row.Problem is { } problem)
            return candidate.Refuse(ImportRefusalReason.UnreadableValue, problem);
        if (ImportText.Given(row.AccessToken) is null && ImportText.Given(row.RefreshToken) is null)
            return candidate.Refuse(ImportRefusalReason.NoTokens, "It holds no tokens. There is nothing to import; the user connects when they want to.");
        if (row.Provider is null || !providers.Contains(row.Provider))
        {
            return candidate.Refuse(
                ImportRefusalReason.UnknownProvider,
                $"The provider {ImportText.Shown(row.Provider)} is not registered (names are case-sensitive). Registered: {providers.Names}. Register it with AddProvider, or translate the name with ProviderNames.");
        }

        candidate.Provider = providers.OptionsOf(row.Provider);
        candidate.RefreshToken = ImportText.Given(row.RefreshToken);
        return KeyOf(candidate, row) && TimesOf(candidate, row, out DateTimeOffset? expiresAt) && TokensOf(candidate, row, expiresAt) ? Noted(candidate) : candidate;
    }

    private static bool KeyOf(ImportCandidate candidate, ImportRow row)
    {
        if (string.IsNullOrWhiteSpace(row.UserId))
        {
            candidate.Refuse(ImportRefusalReason.InvalidKey, "It names no user. Check which column holds the app's own id of its user.");
            return false;
        }

        try
        {
            candidate.Key = new TokenKey(row.Provider!, row.UserId, string.IsNullOrWhiteSpace(row.Connection) ? TokenKey.DefaultConnection : row.Connection).In(row.Tenant);
            candidate.HasKey = true;
        }
        catch (ArgumentException)
        {
            candidate.Refuse(
                ImportRefusalReason.InvalidKey,
                $"Its user id, connection or tenant is longer than {TokenKey.MaxPartLength} characters, contains a control character, or is not valid Unicode. Use the app's own short, stable id of its user.");
        }

        return candidate.HasKey;
    }

    private bool TimesOf(ImportCandidate candidate, ImportRow row, out DateTimeOffset? expiresAt)
    {
        if (!ImportTime.TryRead(row.ExpiresAt, out expiresAt))
        {
            candidate.Refuse(
                ImportRefusalReason.UnreadableExpiry,
                $"Its expiry ({row.ExpiresAt!.GetType().Name}) is not a valid time. It may be seconds or milliseconds since 1970, a timestamp, or ISO 8601 text; null if unknown.");
            return false;
        }

        if (expiresAt is { } end && !ImportTime.IsPlausible(end, time.GetUtcNow()))
        {
            candidate.Refuse(
                ImportRefusalReason.ImplausibleExpiry,
                $"Its expiry would be {end:u}. A lifetime (expires_in) is not a point in time: add it to the time of issue. 0, or a far date for \"never\", has to be null.");
            return false;
        }

        if (!ImportTime.TryRead(row.IssuedAt, out DateTimeOffset? issuedAt))
            candidate.Notes.Add("its time of issue cannot be read and was ignored");
        candidate.IssuedAt = issuedAt is { } issued && ImportTime.IsPlausible(issued, time.GetUtcNow()) ? issuedAt : null;
        expiresAt ??= candidate.IssuedAt + candidate.Provider!.DefaultLifetime;
        return true;
    }

    private bool TokensOf(ImportCandidate candidate, ImportRow row, DateTimeOffset? expiresAt)
    {
        OAuthProviderOptions provider = candidate.Provider!;
        if (ImportText.Given(row.AccessToken) is not { } access)
        {
            candidate.Refuse(ImportRefusalReason.MissingAccessToken, "It holds a refresh token but no access token. Refresh it once with the old system, or let the user connect again.");
            return false;
        }

        var tokens = new TokenSet
        {
            AccessToken = access,
            RefreshToken = candidate.RefreshToken,
            ExpiresAt = expiresAt,
            Scopes = ScopesOf(candidate, row.Scope),
            AccountId = ImportText.Given(row.AccountId),
            Issuer = IssuerCheck.OriginOf(provider),
            ClientId = provider.ClientId,
            SignInIssuer = row.AllowSignIn ? SignInRules.IssuerOf(provider) : null,
        };
        if ((TokenSetCheck.ProblemOf(tokens) ?? MixUpOf(tokens, candidate.Key)) is { } problem)
        {
            candidate.Refuse(ReasonOf(problem.Fault), problem.Message);
            return false;
        }

        candidate.Tokens = tokens;
        return HasRefreshToken(candidate);
    }

    /// <summary>Values that tokens may have but that show columns to be mixed up.</summary>
    private static TokenSetProblem? MixUpOf(TokenSet tokens, TokenKey key)
    {
        if (string.Equals(tokens.AccessToken, key.UserId, StringComparison.Ordinal))
            return new TokenSetProblem(TokenSetFault.AccountId, "The user id stands where the access token should. Check which column holds the access token.");
        if (tokens.RefreshToken is not { } refresh)
            return null;
        if (string.Equals(refresh, tokens.AccountId, StringComparison.Ordinal) || string.Equals(refresh, key.UserId, StringComparison.Ordinal) || (refresh.Length <= LongestNumber && refresh.All(char.IsAsciiDigit)))
            return new TokenSetProblem(TokenSetFault.AccountId, "RefreshToken looks like an account id. Check which column holds the refresh token.");
        if (string.Equals(refresh, tokens.AccessToken, StringComparison.Ordinal))
            return new TokenSetProblem(TokenSetFault.NotAToken, "Access token and refresh token are the same. Check which column holds the refresh token.");
        return char.IsWhiteSpace(refresh[0]) || char.IsWhiteSpace(refresh[^1])
            ? new TokenSetProblem(TokenSetFault.NotAToken, "RefreshToken begins or ends with a blank, which would be sent with it. A column of fixed width? Trim it in the query.")
            : null;
    }

    private bool HasRefreshToken(ImportCandidate candidate)
    {
        OAuthProviderOptions provider = candidate.Provider!;
        if (candidate.RefreshToken is not null || provider.GrantType == OAuthGrantType.ClientCredentials)
            return true;

        if (provider.Rotation != RefreshTokenRotation.None)
            candidate.Refuse(ImportRefusalReason.MissingRefreshToken, "It holds no refresh token, so it would end with its access token. Let the user connect again. If the provider issues none, set its Rotation to None.");
        else if (candidate.Tokens!.ExpiresAt <= time.GetUtcNow())
            candidate.Refuse(ImportRefusalReason.MissingRefreshToken, "Its access token has expired and the provider issues no refresh tokens. Let the user connect again.");
        else
            candidate.Notes.Add("it has no refresh token and ends with its access token");
        return candidate.IsGood;
    }

    private ImportCandidate Noted(ImportCandidate candidate)
    {
        if (candidate.Tokens!.ExpiresAt is not { } end)
            candidate.Notes.Add("its expiry is unknown: the token is used until the API rejects it");
        else if (end <= time.GetUtcNow())
            candidate.Notes.Add("its access token has expired and is refreshed when it is due or requested");
        if (candidate.Key.UserId.Contains('@', StringComparison.Ordinal))
            candidate.Notes.Add("its user id looks like an e-mail address, which can change hands: use a stable id");
        return candidate;
    }

    /// <summary>The scopes; unknown ones are taken to be those that the provider is asked for, as everywhere else.</summary>
    private static IReadOnlyList<string>? ScopesOf(ImportCandidate candidate, string? text)
    {
        if (ImportText.Given(text) is not { } given)
            return null;
        IReadOnlyList<string> scopes = ScopeList.Split(given);

        // RFC 6749 section 3.3: printable ASCII without quote and backslash. Braces and brackets are how arrays look when they were written
        // as text.
        if (scopes.Count > 0 && scopes.All(static scope => scope.All(static c => c is > ' ' and <= '~' and not ('"' or '\\' or '[' or ']' or '{' or '}'))))
            return scopes;

        candidate.Notes.Add("its scopes cannot be read and are taken to be unknown");
        return null;
    }

    private static ImportRefusalReason ReasonOf(TokenSetFault fault) => fault switch
    {
        TokenSetFault.AccountId => ImportRefusalReason.LooksLikeAccountId,
        TokenSetFault.TooLong => ImportRefusalReason.TooLong,
        _ => ImportRefusalReason.NotAToken,
    };
}
