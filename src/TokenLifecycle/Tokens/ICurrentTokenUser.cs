namespace TokenLifecycle;

/// <summary>
/// Says who the current user is where a request does not name one, for example the signed-in user of a web request.
/// Register your own with <c>UseCurrentUser</c>, or as a singleton: HTTP handlers are shared by all users and ask it again for each
/// request.
/// There is no other fallback, and without a user nothing is sent.
/// </summary>
public interface ICurrentTokenUser
{
    /// <summary>The app's own id of the current user, or <see langword="null"/> if there is none.</summary>
    string? UserId { get; }
}
