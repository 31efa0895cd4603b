using System.Net.Http.Headers;
using System.Text;

namespace TokenLifecycle.Integration.Tests;

/// <summary>A client that is registered at the provider.</summary>
/// <param name="Id">The client id.</param>
/// <param name="Secret">Its secret; <see langword="null"/> for the public one.</param>
/// <param name="Method">Its authentication method, by the name in the registry of RFC 7591.</param>
public sealed record OidcClient(string Id, string? Secret, string Method)
{
    /// <summary>Adds the client's authentication to a raw request.</summary>
    public HttpRequestMessage Request(Uri endpoint, Dictionary<string, string> form)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint);
        if (Method == "client_secret_basic")
        {
            string pair = $"{Uri.EscapeDataString(Id)}:{Uri.EscapeDataString(Secret!)}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(pair)));
        }
        else
        {
            form = new Dictionary<string, string>(form, StringComparer.Ordinal) { ["client_id"] = Id };
            if (Secret is not null)
                form["client_secret"] = Secret;
        }

        request.Content = new FormUrlEncodedContent(form);
        return request;
    }

    public override string ToString() => $"{Id} ({Method})";
}
