namespace TokenLifecycle.Testing.Web;

/// <summary>The access token of a request: from the <c>Authorization</c> header and nowhere else.</summary>
internal static class Bearer
{
    private const string Scheme = "Bearer ";

    public static string? Of(RecordedRequest request) =>
        request.Header("Authorization") is { } header && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;
}
