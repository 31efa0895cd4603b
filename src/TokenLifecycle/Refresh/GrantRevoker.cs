using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;
using TokenLifecycle.Protocol;

namespace TokenLifecycle.Refresh;

/// <summary>Revokes tokens at their provider as far as the provider can, and reports what came of it.</summary>
internal sealed class GrantRevoker(RevocationEndpoint endpoint, IOptionsMonitor<TokenLifecycleOptions> options, TimeProvider time, ILogger<ITokenManager> logger)
{
    private const int Tries = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public async Task<RevocationOutcome> RevokeAsync(TokenKey key, OAuthProviderOptions provider, TokenSet tokens)
    {
        // RF-14 holds for revocation too: a foreign server has no business with these tokens.
        if (!IssuerCheck.IsSame(tokens, provider))
            return RevocationOutcome.Failed;

        for (int attempt = 1; ; attempt++)
        {
            RevocationReply reply = await endpoint.RevokeAsync(provider, tokens, options.CurrentValue.TokenEndpointTimeout).ConfigureAwait(false);
            if (reply.Outcome != RevocationOutcome.Failed)
                return reply.Outcome;

            // Revoking twice is harmless (RFC 7009 section 2.2), so this POST may be repeated; a provider that asks for time is not
            // hurried.
            if (!reply.Retryable || reply.RetryAfter is not null || attempt == Tries)
            {
                Log.RevocationFailed(logger, key, reply.HttpStatus, reply.Detail);
                return RevocationOutcome.Failed;
            }

            await Task.Delay(Pause * attempt, time).ConfigureAwait(false);
        }
    }
}
