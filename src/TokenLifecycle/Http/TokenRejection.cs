using System.Net;
using System.Net.Http.Headers;

namespace TokenLifecycle.Http;

/// <summary>Decides whether a response says that its access token is invalid, whatever becomes of the request.</summary>
internal static class TokenRejection
{
    private const string GrpcStatus = "grpc-status";
    private const string GrpcUnauthenticated = "16";

    /// <param name="response">The response.</param>
    /// <param name="request">The request.</param>
    /// <param name="address">The address that the token was sent to. After a redirect another server responded (E7).</param>
    public static bool Is(HttpResponseMessage response, HttpRequestMessage request, Uri address) =>
        (response.StatusCode == HttpStatusCode.Unauthorized || IsUnauthenticatedCall(response, request))
        && ReferenceEquals(request.RequestUri, address)
        && !BearerChallenge.IsBeyondRefresh(response);

    /// <summary>
    /// gRPC responds with 200 and its own status; a call that fails at once has it in the header (FH-2). Every call has a body.
    /// </summary>
    private static bool IsUnauthenticatedCall(HttpResponseMessage response, HttpRequestMessage request) =>
        request.Content is not null
        && response.StatusCode == HttpStatusCode.OK
        && response.Headers.NonValidated.TryGetValues(GrpcStatus, out HeaderStringValues status)
        && string.Equals(status.ToString(), GrpcUnauthenticated, StringComparison.Ordinal)
        && response.Content.Headers.NonValidated.TryGetValues("Content-Type", out HeaderStringValues type)
        && type.ToString().StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase);
}
