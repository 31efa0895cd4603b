using System.Text.Json;

namespace ProviderGenerator;

/// <summary>Translates the facts in which a provider differs from the standards, its account and its revocation to assignments of options.</summary>
internal static class VariantLines
{
    private static readonly (string Fact, string Option, string Type)[] _choices =
    [
        ("refreshCredential", "RefreshCredential", "RefreshCredential"),
        ("refreshAuthentication", "RefreshAuthentication", "ClientAuthenticationMethod"),
        ("refreshFormat", "RefreshFormat", "TokenRequestFormat"),
        ("idTokenCheck", "IdTokenCheck", "IdTokenCheck"),
        ("expiresInUnit", "ExpiresInUnit", "LifetimeUnit"),
    ];

    public static IEnumerable<string> Of(ProviderFile p) => Requests(p).Concat(Replies(p)).Concat(Account(p)).Concat(Revocation(p));

    private static IEnumerable<string> Requests(ProviderFile p) =>
        OptionLines.Map(p["tokenParameters"]?.Value, "TokenParameters")
            .Concat(OptionLines.Map(p["refreshParameters"]?.Value, "RefreshParameters"))
            .Concat(OptionLines.Map(p["parameterNames"]?.Value, "ParameterNames"))
            .Concat(_choices.Where(choice => p.Text(choice.Fact) is not null).Select(choice => $"o.{choice.Option} = {choice.Type}.{p.Text(choice.Fact)};"))
            .Concat(OptionLines.Texts(p,
                ("responseType", "ResponseType"), ("callbackCodeParameter", "CallbackCodeParameter"), ("refreshGrantType", "RefreshGrantType")));

    private static IEnumerable<string> Replies(ProviderFile p) =>
        OptionLines.Texts(p, ("tokenRoot", "TokenRoot"), ("successPath", "SuccessPath"), ("successValue", "SuccessValue"))
            .Concat(OptionLines.Switches(p, ("tokenTypeRequired", "TokenTypeRequired")))
            .Concat(Additions(p, "acceptedTokenTypes", "AcceptedTokenTypes"))
            .Concat(Additions(p, "unreportedScopes", "UnreportedScopes"))
            .Concat(Additions(p, "userInfoCapturedFields", "UserInfoCapturedFields"))
            .Concat(ScopeAliases(p));

    private static IEnumerable<string> ScopeAliases(ProviderFile p) => p["scopes"]?.Value is not { } scopes
        ? []
        : scopes.GetProperty("known").EnumerateArray().Where(static scope => scope.TryGetProperty("aliases", out _)).Select(static scope =>
            $"o.ScopeAliases[{CodeWriter.Quote(OptionLines.Get(scope, "name")!)}] = {CodeWriter.Quote(scope.GetProperty("aliases")[0].GetString()!)};");

    private static IEnumerable<string> Account(ProviderFile p)
    {
        if (p["account"]?.Value is not { } account || OptionLines.Get(account, "from") is "other")
            yield break;
        yield return $"o.AccountIdFrom = AccountIdSource.{OptionLines.Get(account, "from")};";
        if (OptionLines.Get(account, "path") is { } path)
            yield return $"o.AccountIdPath = {CodeWriter.Quote(path)};";
        if (OptionLines.Get(account, "endpoint") is { } endpoint)
            yield return $"o.UserInfoEndpoint = {CodeWriter.Quote(endpoint)};";
        if (OptionLines.Get(account, "format") is { } format)
            yield return $"o.UserInfoFormat = UserInfoRequestFormat.{format};";
        foreach (string line in OptionLines.Map(Member(account, "parameters"), "UserInfoParameters"))
            yield return line;
    }

    private static IEnumerable<string> Revocation(ProviderFile p)
    {
        if (p["revocation"]?.Value is not { } revocation || OptionLines.Get(revocation, "style") is "none" or "other")
            yield break;
        if (OptionLines.Get(revocation, "endpoint") is { } endpoint)
            yield return $"o.RevocationEndpoint = {CodeWriter.Quote(endpoint)};";
        yield return $"o.Revocation = RevocationStyle.{OptionLines.Get(revocation, "style")};";
        if (OptionLines.Get(revocation, "authentication") is { } authentication)
            yield return $"o.RevocationAuthentication = RevocationClientAuthentication.{authentication};";
        if (OptionLines.Get(revocation, "method") is { } method)
            yield return $"o.RevocationMethod = RevocationMethod.{method};";
        if (OptionLines.Get(revocation, "format") is { } format)
            yield return $"o.RevocationFormat = TokenRequestFormat.{format};";
        foreach (string line in OptionLines.Map(Member(revocation, "parameters"), "RevocationParameters"))
            yield return line;
        if (OptionLines.Get(revocation, "token") is { } token)
            yield return $"o.TokenToRevoke = TokenToRevoke.{token};";
        if (OptionLines.Get(revocation, "parameter") is { } parameter)
            yield return $"o.RevocationTokenParameter = {CodeWriter.Quote(parameter)};";
    }

    private static IEnumerable<string> Additions(ProviderFile p, string fact, string option) =>
        OptionLines.Items(p, fact).Select(item => $"o.{option}.Add({CodeWriter.Quote(item.GetString()!)});");

    private static JsonElement? Member(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value : null;
}
