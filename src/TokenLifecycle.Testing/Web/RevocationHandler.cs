using TokenLifecycle.Options;
using TokenLifecycle.Storage;
using TokenLifecycle.Testing.Dialects;
using TokenLifecycle.Testing.Grants;

namespace TokenLifecycle.Testing.Web;

/// <summary>The revocation endpoint. Either token revokes the whole grant.</summary>
internal sealed class RevocationHandler(ServerContext server)
{
    public Reply Handle(RecordedRequest request)
    {
        Parameters? body = Parameters.OfBody(request, server.Options.AcceptJsonBodies);
        bool byBearer = server.Dialect.RevocationProof == RevocationProof.Bearer;
        string? token = byBearer ? Bearer.Of(request) : body?["token"];
        Grant? grant = null;
        RevocationFinding finding;
        lock (server.Book.Sync)
        {
            finding = Check(request, body, token);
            if (finding == RevocationFinding.Revoked)
            {
                // As Bearer the token must be valid; in a body it may have expired.
                grant = byBearer && server.Book.FindLiveAccess(token!) is null ? null : server.Book.RevokeByToken(token!);
                if (grant is null) finding = RevocationFinding.UnknownToken;
            }
        }

        Reply reply = server.Dialect.Revocation(finding);
        server.Log.Add(new RevocationEntry
        {
            Time = server.Now,
            ClientAuthentication = byBearer && token is not null ? "bearer" : ClientAuthenticator.Of(request, body).Seen,
            TokenFingerprint = token is null ? null : TokenFingerprint.Of(token),
            Accepted = reply.Status == 200,
            Family = grant?.Family,
        });
        return reply;
    }

    private RevocationFinding Check(RecordedRequest request, Parameters? body, string? token)
    {
        if (request.Method != "POST") return RevocationFinding.WrongMethod;
        if (Parameters.Parse(request.Query).HasSecrets) return RevocationFinding.BadRequest;
        if (server.Dialect.RevocationProof == RevocationProof.Bearer) return token is null ? RevocationFinding.MissingToken : RevocationFinding.Revoked;
        if (body is null || body.HasDuplicates) return RevocationFinding.BadRequest;
        if (RequiresBasic(request)) return RevocationFinding.BadClient;
        if (server.Dialect.RevocationProof != RevocationProof.TokenOnly
            && ClientAuthenticator.Of(request, body).Check(server, required: null) is { } refusal)
        {
            return refusal == Refusal.SeveralClientAuthentications ? RevocationFinding.BadRequest : RevocationFinding.BadClient;
        }

        return token is null ? RevocationFinding.MissingToken : RevocationFinding.Revoked;
    }

    private bool RequiresBasic(RecordedRequest request) =>
        server.Dialect.RevocationProof == RevocationProof.Basic
        && request.Header("Authorization")?.StartsWith(nameof(ClientAuthenticationMethod.Basic), StringComparison.OrdinalIgnoreCase) != true;
}
