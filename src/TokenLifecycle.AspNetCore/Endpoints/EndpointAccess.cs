using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// Authorizes the requests about one provider: by the app's default policy and whatever the app demands of the endpoints, unless the
/// provider is one to sign in by and no
/// one is signed in. Decided for each request, because one provider may sign users in and another may not (FS-7); and here, because the
/// framework would challenge a callback with the code in its address (FS-6).
/// </summary>
internal sealed class EndpointAccess(IAuthorizationPolicyProvider policies, IPolicyEvaluator evaluator, IAuthorizationMiddlewareResultHandler results)
{
    /// <summary>Returns whether the request may go on. If not, the response is written: sign in, or forbidden.</summary>
    public async Task<bool> AllowsAsync(HttpContext context, bool mayBeNobody)
    {
        (AuthorizationPolicy policy, PolicyAuthorizationResult result) = await EvaluateAsync(context, mayBeNobody).ConfigureAwait(false);
        if (result.Succeeded)
            return true;
        await results.HandleAsync(static _ => Task.CompletedTask, context, policy, result).ConfigureAwait(false);
        return false;
    }

    /// <summary>Returns whether the request may go on, and writes nothing.</summary>
    public async Task<bool> IsAllowedAsync(HttpContext context, bool mayBeNobody) => (await EvaluateAsync(context, mayBeNobody).ConfigureAwait(false)).Result.Succeeded;

    private async Task<(AuthorizationPolicy Policy, PolicyAuthorizationResult Result)> EvaluateAsync(HttpContext context, bool mayBeNobody)
    {
        AuthorizationPolicy? demanded = await DemandedAsync(context.GetEndpoint()).ConfigureAwait(false);
        AuthorizationPolicy policy = await policies.GetDefaultPolicyAsync().ConfigureAwait(false);
        if (demanded is not null)
            policy = AuthorizationPolicy.Combine(policy, demanded);

        // Also finds the user where the app's default scheme is another one than that of its pages.
        AuthenticateResult user = await evaluator.AuthenticateAsync(policy, context).ConfigureAwait(false);
        bool isNobody = context.User.Identity is not { IsAuthenticated: true };
        return isNobody && mayBeNobody && demanded is null
            ? (policy, PolicyAuthorizationResult.Success())
            : (policy, await evaluator.AuthorizeAsync(policy, user, context, context).ConfigureAwait(false));
    }

    /// <summary>What the app has added to the endpoints: <c>app.MapTokenLifecycle().RequireAuthorization("mfa")</c>.</summary>
    private async Task<AuthorizationPolicy?> DemandedAsync(Endpoint? endpoint)
    {
        IReadOnlyList<IAuthorizeData> data = endpoint?.Metadata.GetOrderedMetadata<IAuthorizeData>() ?? [];
        IReadOnlyList<AuthorizationPolicy> added = endpoint?.Metadata.GetOrderedMetadata<AuthorizationPolicy>() ?? [];
        IAuthorizationRequirement[] requirements = [.. (endpoint?.Metadata.GetOrderedMetadata<IAuthorizationRequirementData>() ?? []).SelectMany(static source => source.GetRequirements())];
        var all = new AuthorizationPolicyBuilder();
        bool isAny = requirements.Length > 0;
        if (data.Count + added.Count > 0 && await AuthorizationPolicy.CombineAsync(policies, data, added).ConfigureAwait(false) is { } combined)
        {
            all.Combine(combined);
            isAny = true;
        }

        all.AddRequirements(requirements);
        return isAny ? all.Build() : null;
    }
}
