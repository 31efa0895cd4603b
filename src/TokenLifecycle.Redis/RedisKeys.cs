using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace TokenLifecycle.Redis;

/// <summary>
/// The names of keys. Connections are spread over partitions by a hash. A partition's rows and indexes have the same hash tag, so that
/// Redis Cluster keeps them in one slot and a script may change them together. The name of a row's key is a hash and does not show whose it
/// is.
/// </summary>
/// <param name="prefix">What all keys begin with.</param>
internal sealed class RedisKeys(string prefix)
{
    /// <summary>
    /// Enough to spread over the masters of a cluster, and few enough to ask each for what is due. Part of the stored format.
    /// </summary>
    public const int Partitions = 64;

    /// <summary>
    /// Between user id, connection and tenant in the indexes: none of them can contain it, and it sorts before every character that they
    /// can.
    /// </summary>
    private const char Separator = '\n';

    public string Prefix => prefix;

    /// <summary>The channel on which processes notify each other of changes.</summary>
    public string Channel => prefix + ":changes";

    /// <summary>Held by the process that checks the indexes.</summary>
    public RedisKey IndexCheck => prefix + ":index-check";

    /// <summary>Matches the keys of all rows.</summary>
    public string RowPattern => prefix + ":{??}:row:*";

    /// <summary>Gets the key of a row and its partition.</summary>
    /// <exception cref="InvalidOperationException">The key is <c>default(TokenKey)</c>.</exception>
    public (RedisKey Row, int Partition) RowOf(TokenKey key)
    {
        // default(TokenKey) names no connection, and its ToString does not throw; asking it for a part does.
        _ = key.Provider;
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(key.ToString()));
        int partition = hash[0] % Partitions;
        return ($"{Tagged(partition)}row:{Convert.ToHexStringLower(hash)}", partition);
    }

    /// <summary>
    /// Gets the indexes of a provider's rows in a partition: due times, names, states, accounts, leases, and the partition's providers.
    /// </summary>
    public RedisKey[] IndexesOf(string provider, int partition) =>
        [Due(provider, partition), Names(provider, partition), States(provider, partition), Accounts(provider, partition), $"{Tagged(partition)}leases:{provider}", Providers(partition)];

    public RedisKey Due(string provider, int partition) => $"{Tagged(partition)}due:{provider}";

    public RedisKey Names(string provider, int partition) => $"{Tagged(partition)}names:{provider}";

    public RedisKey States(string provider, int partition) => $"{Tagged(partition)}states:{provider}";

    public RedisKey Accounts(string provider, int partition) => $"{Tagged(partition)}accounts:{provider}";

    public RedisKey Providers(int partition) => $"{Tagged(partition)}providers";

    /// <summary>Gets the name of a connection in the indexes of its provider.</summary>
    public static string NameOf(TokenKey key) => $"{key.UserId}{Separator}{key.Connection}{Separator}{key.Tenant}";

    /// <summary>Reads what <see cref="NameOf"/> has written.</summary>
    public static TokenKey KeyOf(string provider, string name)
    {
        string[] parts = name.Split(Separator);
        return new TokenKey(provider, parts[0], parts[1]).In(parts[2]);
    }

    private string Tagged(int partition) => string.Create(CultureInfo.InvariantCulture, $"{prefix}:{{{partition:x2}}}:");
}
