namespace TokenLifecycle.DependencyInjection;

/// <summary>The app's own way of naming the current user, as given to <c>UseCurrentUser</c>.</summary>
internal sealed class CurrentTokenUser(IServiceProvider services, Func<IServiceProvider, string?> userId) : ICurrentTokenUser
{
    public string? UserId => userId(services);
}
