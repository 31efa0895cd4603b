using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>Signs a user in to the app after a provider has authenticated them. Replace it to write your own claims.</summary>
public interface IConnectionSignIn
{
    /// <summary>Signs in.</summary>
    /// <param name="context">The request of the callback.</param>
    /// <param name="userId">The app's own id of its user.</param>
    /// <param name="provider">The provider that vouched.</param>
    /// <param name="cancellationToken">Not the request's.</param>
    Task SignInAsync(HttpContext context, string userId, string provider, CancellationToken cancellationToken);
}
