using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>Signs in by the app's default scheme, with the user's id as the only claim.</summary>
internal sealed class ClaimsSignIn : IConnectionSignIn
{
    public Task SignInAsync(HttpContext context, string userId, string provider, CancellationToken cancellationToken) =>
        context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, userId)], provider)));
}
