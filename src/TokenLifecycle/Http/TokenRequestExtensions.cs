namespace TokenLifecycle.Http;

/// <summary>Extensions that set what the token handler does with a request.</summary>
public static class TokenRequestExtensions
{
    /// <summary>Names the user whose token the request needs. Stronger than every other way of naming one.</summary>
    /// <param name="request">The request.</param>
    /// <param name="userId">The app's own id of its user.</param>
    /// <param name="connection">Which of the user's connections to the provider.</param>
    /// <returns>The same request.</returns>
    /// <exception cref="ArgumentException">A part is empty.</exception>
    public static HttpRequestMessage ForUser(this HttpRequestMessage request, string userId, string connection = TokenKey.DefaultConnection)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentException.ThrowIfNullOrEmpty(userId);
        ArgumentException.ThrowIfNullOrEmpty(connection);
        RequestUser.Name(request, userId, connection);
        return request;
    }

    /// <summary>
    /// Says that the body can be written twice, so that the request may be sent again with a fresh token after a 401. Bodies in memory
    /// (string, bytes, form, JSON) need no such word.
    /// </summary>
    /// <param name="request">A request whose content can be serialized more than once, for example a seekable stream, or one that was read with <c>LoadIntoBufferAsync</c>.</param>
    /// <returns>The same request.</returns>
    public static HttpRequestMessage AllowResend(this HttpRequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Options.Set(ReplayableContent.OptionKey, value: true);
        return request;
    }
}
