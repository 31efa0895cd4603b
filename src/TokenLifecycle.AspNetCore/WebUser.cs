using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace TokenLifecycle.AspNetCore;

/// <summary>The signed-in user of the web request that is being served. Outside of a request there is none.</summary>
internal sealed class WebUser(IHttpContextAccessor accessor, IOptions<TokenLifecycleWebOptions> options) : ICurrentTokenUser
{
    private static readonly string[] Usual = [ClaimTypes.NameIdentifier, "sub"];

    public string? UserId
    {
        get
        {
            if (accessor.HttpContext?.User is not { Identity.IsAuthenticated: true } user)
                return null;
            IEnumerable<string> claims = options.Value.UserIdClaims.Count > 0 ? options.Value.UserIdClaims : Usual;
            return claims.Select(claim => user.FindFirst(claim)?.Value).FirstOrDefault(value => !string.IsNullOrEmpty(value));
        }
    }
}
