namespace TokenLifecycle.Http;

/// <summary>Extensions that set what the token handler does with a request.</summary>
public static class TokenRequestExtensions
{
    /// <summary>Names the user whose token the request needs. Takes precedence over every other way to name one.</summary>
    /// <param name="request">The request.</param>
    /// <param name="userId">The app's own id of its user.</param>
    /// <param name="connection"> Which of the user's connections to the provider; <see langword="null"/> for the connection of the HTTP
    /// client: <see cref="TokenKey.DefaultConnection"/>, or the one that <c>AddTokenHandler</c> was given.
    /// </param>
    /// <param name="tenant">The user's tenant; <see langword="null"/> for the current tenant of the app
    /// (<see cref="ICurrentTokenTenant"/>), or none in an app without tenants.</param>
    /// <returns>The same request.</returns>
    /// <exception cref="ArgumentException">The id is empty, or the connection is.</exception>
    public static HttpRequestMessage ForUser(this HttpRequestMessage request, string userId, string? connection = null, string? tenant = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentException.ThrowIfNullOrEmpty(userId);
        if (connection is not null)
            ArgumentException.ThrowIfNullOrEmpty(connection);
        RequestUser.Name(request, userId, connection, tenant);
        return request;
    }

    /// <summary>
    /// States that the body writes the same bytes each time, so that the request may be sent again with a new token after a 401. Bodies in
    /// memory (string, bytes, form) don't need this, nor does JSON up to 64 KB.
    /// </summary>
    /// <param name="request">A request whose content can be serialized more than once, for example a seekable stream, or one that was read
    /// with <c>LoadIntoBufferAsync</c>.</param>
    /// <returns>The same request.</returns>
    public static HttpRequestMessage AllowResend(this HttpRequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        ReplayableContent.Allow(request);
        return request;
    }
}
