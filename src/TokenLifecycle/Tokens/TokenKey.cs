using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace TokenLifecycle;

/// <summary>
/// Whose connection: which tenant of the app, which provider, which of the app's users, and which of that user's connections to the
/// provider. Compared ordinally, case-sensitive, without trimming or Unicode normalization, so that no two users can ever meet in one key.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
public readonly struct TokenKey : IEquatable<TokenKey>
{
    /// <summary>The connection that is meant when none is named.</summary>
    /// <value>The default value is <c>default</c>.</value>
    public const string DefaultConnection = "default";

    /// <summary>The longest provider, user id or connection name that a key accepts, in UTF-16 code units.</summary>
    public const int MaxPartLength = 256;

    /// <summary>The user id of the key that <see cref="ForApplication"/> makes.</summary>
    public const string ApplicationUserId = "(application)";

    private const int HashBytes = 6;

    private readonly string? _provider;
    private readonly string? _userId;
    private readonly string? _connection;
    private readonly string? _tenant; // Null for none, so that equality is decided by the reference.

    /// <summary>Names one connection.</summary>
    /// <param name="provider">The name given to <c>AddProvider</c>, for example <c>strava</c>.</param>
    /// <param name="userId">The app's own, stable id of its user: never an e-mail address, which can change hands.</param>
    /// <param name="connection">Distinguishes two connections of one user, for example <c>coach</c> and <c>athlete</c>. Default: <see
    /// cref="DefaultConnection"/>.</param>
    /// <exception cref="ArgumentException">A part is empty, longer than <see cref="MaxPartLength"/>, or holds a control character or half a
    /// surrogate pair.</exception>
    public TokenKey(string provider, string userId, string connection = DefaultConnection)
    {
        _provider = Checked(provider, nameof(provider));
        _userId = Checked(userId, nameof(userId));
        _connection = connection == DefaultConnection ? DefaultConnection : Checked(connection, nameof(connection)); // One instance, which GetHashCode knows.
    }

    /// <summary>
    /// A key with the provider and connection of another, which has been checked: the handler makes one for each request.
    /// </summary>
    private TokenKey(TokenKey other, string userId)
    {
        _provider = other.Provider;
        _userId = Checked(userId, nameof(userId));
        _connection = other.Connection;
        _tenant = other._tenant;
    }

    /// <summary>The provider's name, as given to <c>AddProvider</c>.</summary>
    public string Provider => _provider ?? throw NotAKey();

    /// <summary>The app's own id of its user.</summary>
    public string UserId => _userId ?? throw NotAKey();

    /// <summary>Which of the user's connections to this provider.</summary>
    public string Connection => _connection ?? throw NotAKey();

    /// <summary>
    /// The tenant of the app that the user belongs to: <c>new TokenKey("strava", userId) { Tenant = "acme" }</c>. The same user id in two
    /// tenants names two users. Part of everything that is remembered, stored and bound by encryption.
    /// </summary>
    /// <value>The default value is an empty string: the app has no tenants.</value>
    /// <exception cref="ArgumentException">The value is longer than <see cref="MaxPartLength"/>, or holds a control character or half a
    /// surrogate pair.</exception>
    public string Tenant
    {
        get => _tenant ?? "";
        init => _tenant = string.IsNullOrEmpty(value) ? null : Checked(value, nameof(Tenant));
    }

    /// <summary>
    /// The key of a token that belongs to the app itself and to no user: the client credentials grant (RFC 6749 section 4.4).
    /// </summary>
    /// <param name="provider">A provider whose <c>GrantType</c> is client credentials.</param>
    /// <param name="connection">Distinguishes several such tokens.</param>
    /// <returns>The key; add the tenant by <c>with { Tenant = "acme" }</c>.</returns>
    public static TokenKey ForApplication(string provider, string connection = DefaultConnection) => new(provider, ApplicationUserId, connection);

    /// <summary>The key of a user with the same provider and connection.</summary>
    internal TokenKey Of(string userId) => new(this, userId);

    /// <summary>The key of the same connection in another tenant; null or empty for none.</summary>
    internal TokenKey In(string? tenant) => this with { Tenant = tenant ?? "" };

    /// <summary>Whether two keys name the same connection, compared ordinally.</summary>
    public static bool operator ==(TokenKey left, TokenKey right) => left.Equals(right);

    /// <summary>Whether two keys name different connections, compared ordinally.</summary>
    public static bool operator !=(TokenKey left, TokenKey right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(TokenKey other) =>
        string.Equals(_userId, other._userId, StringComparison.Ordinal)
        && string.Equals(_tenant, other._tenant, StringComparison.Ordinal)
        && string.Equals(_provider, other._provider, StringComparison.Ordinal)
        && string.Equals(_connection, other._connection, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TokenKey other && Equals(other);

    /// <inheritdoc/>
    /// <remarks>
    /// A keyed hash, so that a user cannot choose ids that collide, is most of what a look-up costs. The usual connection has no need of
    /// it, nor has a provider: the app chooses its few names.
    /// </remarks>
    public override int GetHashCode()
    {
        if (_userId is null)
            return 0;

        int hash = _userId.GetHashCode(StringComparison.Ordinal) ^ HashOfName(_provider!);
        if (_tenant is not null)
            hash = HashCode.Combine(hash, _tenant.GetHashCode(StringComparison.Ordinal));
        return ReferenceEquals(_connection, DefaultConnection) ? hash : HashCode.Combine(hash, _connection!.GetHashCode(StringComparison.Ordinal));
    }

    /// <summary>
    /// The key as one string that no other key produces: each part percent-encoded (RFC 3986), separated by slashes, for example
    /// <c>strava/user-1/default</c>, or <c>acme/strava/user-1/default</c> with a tenant. Safe as a cache key. It names the user: for a log
    /// line there is <see cref="ToRedactedString"/>.
    /// </summary>
    public override string ToString() =>
        _provider is null ? "(no key)" : $"{TenantPrefix}{Uri.EscapeDataString(_provider)}/{Uri.EscapeDataString(_userId!)}/{Uri.EscapeDataString(_connection!)}";

    /// <summary>
    /// The key without the user's id, for logs and messages: a short hash replaces it, for example <c>strava/#867cd504a81e/default</c>. The
    /// same user has the
    /// same hash everywhere, so that lines can be brought together.
    /// </summary>
    /// <remarks>
    /// A pseudonym, not anonymity: the first 48 bits of a SHA-256 hash without a secret. It keeps ids, names and addresses out of a log
    /// that many can read; anyone who has the list of all
    /// user ids can find out whose hash it is, and so can a guess where ids are short numbers. Keep such a log as you keep the ids.
    /// </remarks>
    public string ToRedactedString() =>
        _provider is null ? "(no key)"
        : _userId == ApplicationUserId ? ToString()
        : $"{TenantPrefix}{Uri.EscapeDataString(_provider)}/#{HashOf(_userId!)}/{Uri.EscapeDataString(_connection!)}";

    private string TenantPrefix => _tenant is null ? "" : Uri.EscapeDataString(_tenant) + "/";

    // The words before the id keep it apart from hashes that others make of the same ids.
    private static string HashOf(string userId) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("TokenLifecycle user\n" + userId)).AsSpan(0, HashBytes));

    /// <summary>Distinguishes the few providers of an app; a collision only costs a comparison.</summary>
    private static int HashOfName(string name) => (name.Length << 24) ^ (name[0] << 16) ^ (name[name.Length / 2] << 8) ^ name[^1];

    private static string Checked(string part, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(part, name);
        if (part.Length > MaxPartLength)
            throw new ArgumentException($"The {name} of a TokenKey may have {MaxPartLength} characters; this one has {part.Length}. Use the app's own short id.", name);

        if (!part.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return part;

        for (int i = 0; i < part.Length; i++)
        {
            if (char.IsControl(part[i]))
                throw new ArgumentException($"The {name} of a TokenKey holds a control character at position {i}. Use the app's own id of its user, unpadded.", name);
            if (char.IsSurrogate(part[i]))
            {
                // Half a pair has no UTF-8 form: every such id would be written as the same replacement character, and two users would
                // share a row.
                if (!char.IsSurrogatePair(part, i))
                    throw new ArgumentException($"The {name} of a TokenKey holds half a surrogate pair at position {i} and so is not valid Unicode.", name);
                i++;
            }
        }

        return part;
    }

    private static InvalidOperationException NotAKey() =>
        new("This TokenKey was never given a provider and a user: it is default(TokenKey). Make one with new TokenKey(provider, userId).");
}
