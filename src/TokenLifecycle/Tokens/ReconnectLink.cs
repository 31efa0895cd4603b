namespace TokenLifecycle;

/// <summary>
/// Adds the connection to the address at which a user reconnects: without it, reconnecting would make another connection.
/// </summary>
internal static class ReconnectLink
{
    public const string Connection = "connection";

    /// <summary>
    /// Returns the address with the connection in its query; unchanged for the default connection, or if it names a connection already.
    /// </summary>
    public static string? Of(string? path, string connection)
    {
        if (string.IsNullOrEmpty(path) || connection == TokenKey.DefaultConnection || HasConnection(path))
            return path;
        int fragment = path.IndexOf('#', StringComparison.Ordinal);
        string address = fragment < 0 ? path : path[..fragment];
        string separator = !address.Contains('?', StringComparison.Ordinal) ? "?" : address[^1] is '?' or '&' ? "" : "&";
        return $"{address}{separator}{Connection}={Uri.EscapeDataString(connection)}{(fragment < 0 ? "" : path[fragment..])}";
    }

    private static bool HasConnection(string path) =>
        path.Contains($"?{Connection}=", StringComparison.Ordinal) || path.Contains($"&{Connection}=", StringComparison.Ordinal);
}
