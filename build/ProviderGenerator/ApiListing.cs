namespace ProviderGenerator;

/// <summary>Writes the public API of the package as its test lists it, so that one command adds a provider.</summary>
internal static class ApiListing
{
    private const string Options = "Action<TokenLifecycle.Options.OAuthProviderOptions>";

    public static string Write(IEnumerable<ProviderFile> providers)
    {
        IEnumerable<string> methods = providers.Where(static p => p.IsOffered).SelectMany(static p => new[]
        {
            $"Add{p.Method}(this TokenLifecycleBuilder builder, {Options} configure, string name = \"{p.Name}\")",
            $"Add{p.Method}(this TokenLifecycleBuilder builder, IConfiguration configuration, {Options}? configure = null, string name = \"{p.Name}\")",
        });
        string lines = string.Concat(methods.Order(StringComparer.Ordinal).Select(static method => $"  static TokenLifecycleBuilder {method}\n"));
        return $"static class {CodeWriter.TypeName}\n{lines}\n";
    }
}
