using System.Globalization;
using System.Text.Json;

namespace ProviderGenerator;

/// <summary>Translates facts to assignments of <c>OAuthProviderOptions</c>. The one place that knows the names of the options.</summary>
internal static class OptionLines
{
    public static IEnumerable<string> Of(ProviderFile p)
    {
        yield return $"o.DisplayName = {CodeWriter.Quote(p.DisplayName)};";
        foreach (string line in Endpoints(p).Concat(Request(p)).Concat(Reply(p)).Concat(RefreshTokens(p)).Concat(Account(p)).Concat(Revocation(p)))
            yield return line;
        string[] lists = [.. Lists(p)];
        if (lists.Length == 0)
            yield break;
        yield return "o.Preset = new PresetLists";
        yield return "{";
        foreach (string line in lists)
            yield return "    " + line;
        yield return "};";
    }

    private static IEnumerable<string> Endpoints(ProviderFile p)
    {
        foreach (string name in new[] { "authorizationEndpoint", "tokenEndpoint", "refreshEndpoint", "issuer" })
        {
            if (p.Text(name) is { } address)
                yield return $"o.{Pascal(name)} = {CodeWriter.Quote(address)};";
        }

        foreach (JsonElement parameter in Items(p, "connectionParameters").Where(static parameter => parameter.TryGetProperty("default", out _)))
            yield return $"o.Placeholders[{CodeWriter.Quote(Get(parameter, "name")!)}] = {CodeWriter.Quote(Get(parameter, "default")!)};";
        if (p["environments"]?.Value is not { } environments)
            yield break;
        yield return $"o.Environment = {CodeWriter.Quote(Get(environments, "default")!)};";
        foreach (JsonProperty environment in environments.GetProperty("list").EnumerateObject())
        {
            yield return $"o.Environments[{CodeWriter.Quote(environment.Name)}] = new ProviderEnvironment";
            yield return "{";
            foreach (JsonProperty member in environment.Value.EnumerateObject())
                yield return member.Value.ValueKind == JsonValueKind.Array ? $"    {Pascal(member.Name)} = {{ {Joined(member.Value)} }}," : $"    {Pascal(member.Name)} = {CodeWriter.Quote(member.Value.GetString()!)},";
            yield return "};";
        }
    }

    private static IEnumerable<string> Request(ProviderFile p)
    {
        if (p.Text("clientAuthentication") is { } method)
            yield return $"o.ClientAuthentication = ClientAuthenticationMethod.{method};";
        if (p.Text("requestFormat") == "Json")
            yield return "o.RequestFormat = TokenRequestFormat.Json;";
        if (p.Text("pkce") is { } pkce)
            yield return $"o.Pkce = PkceMode.{pkce};";
        if (p.Text("scopeSeparator") is { } separator && separator != " ")
            yield return $"o.ScopeSeparator = {CodeWriter.Quote(separator)};";
        foreach (string name in new[] { "authorizationParameters", "requestHeaders" })
        {
            if (p[name]?.Value is { } values)
            {
                foreach (JsonProperty member in values.EnumerateObject())
                    yield return $"o.{Pascal(name)}[{CodeWriter.Quote(member.Name)}] = {CodeWriter.Quote(member.Value.GetString()!)};";
            }
        }
    }

    private static IEnumerable<string> Reply(ProviderFile p)
    {
        foreach (string name in new[] { "expiresInField", "expiresAtField", "refreshTokenExpiresInField" })
        {
            if (p.Text(name) is { } value)
                yield return $"o.{Pascal(name)} = {CodeWriter.Quote(value)};";
        }

        foreach (JsonElement field in Items(p, "capturedFields"))
            yield return $"o.CapturedFields.Add({CodeWriter.Quote(field.GetString()!)});";
    }

    private static IEnumerable<string> RefreshTokens(ProviderFile p)
    {
        if (p.Text("rotation") is { } rotation)
            yield return $"o.Rotation = RefreshTokenRotation.{rotation};";
        (string Fact, string Option)[] durations =
        [
            ("defaultLifetime", "DefaultLifetime"), ("refreshTokenReusePeriod", "RefreshTokenReusePeriod"), ("refreshBefore", "RefreshBefore"),
            ("minimumRefreshBefore", "MinimumRefreshBefore"), ("maximumRefreshBefore", "MaximumRefreshBefore"),
        ];
        foreach ((string fact, string option) in durations)
        {
            if (p.Text(fact) is { } text && FactSchema.Parse(text) is { } time)
                yield return $"o.{option} = {Time(time)};";
        }

        // The options watch one of the two. The idle limit comes first for a connection that nobody uses; where replies state it, the absolute one is left to watch.
        TimeSpan? idle = p.Text("refreshTokenIdleLimit") is { } idleText && p["refreshTokenExpiresInField"] is null ? FactSchema.Parse(idleText) : null;
        TimeSpan? absolute = p.Text("refreshTokenAbsoluteLimit") is { } absoluteText ? FactSchema.Parse(absoluteText) : null;
        if (idle is { } idleTime)
            yield return $"o.RefreshTokenIdleLimit = {Time(idleTime)};";
        else if (absolute is { } absoluteTime)
            yield return $"o.RefreshTokenAbsoluteLimit = {Time(absoluteTime)};";
        foreach (string name in new[] { "refreshTokenRequired", "keepRefreshTokenOnReconnect" })
        {
            if (p[name]?.Value is { } value)
                yield return $"o.{Pascal(name)} = {(value.GetBoolean() ? "true" : "false")};";
        }
    }

    private static IEnumerable<string> Account(ProviderFile p)
    {
        if (p["account"]?.Value is not { } account || Get(account, "from") is "other")
            yield break;
        yield return $"o.AccountIdFrom = AccountIdSource.{Get(account, "from")};";
        if (Get(account, "path") is { } path)
            yield return $"o.AccountIdPath = {CodeWriter.Quote(path)};";
        if (Get(account, "endpoint") is { } endpoint)
            yield return $"o.UserInfoEndpoint = {CodeWriter.Quote(endpoint)};";
    }

    private static IEnumerable<string> Revocation(ProviderFile p)
    {
        if (p["revocation"]?.Value is not { } revocation || Get(revocation, "style") is "none" or "other")
            yield break;
        if (Get(revocation, "endpoint") is { } endpoint)
            yield return $"o.RevocationEndpoint = {CodeWriter.Quote(endpoint)};";
        yield return $"o.Revocation = RevocationStyle.{Get(revocation, "style")};";
        if (Get(revocation, "authentication") is { } authentication)
            yield return $"o.RevocationAuthentication = RevocationClientAuthentication.{authentication};";
        if (Get(revocation, "token") is { } token)
            yield return $"o.TokenToRevoke = TokenToRevoke.{token};";
        if (Get(revocation, "parameter") is { } parameter)
            yield return $"o.RevocationTokenParameter = {CodeWriter.Quote(parameter)};";
    }

    private static IEnumerable<string> Lists(ProviderFile p)
    {
        if (p["scopes"]?.Value is { } scopes && scopes.GetProperty("default").GetArrayLength() > 0)
            yield return $"Scopes = [{Joined(scopes.GetProperty("default"))}],";
        if (p["apiOrigins"]?.Value is { } origins && origins.GetArrayLength() > 0)
            yield return $"ApiOrigins = [{Joined(origins)}],";
        if (p["grantedScopesFrom"]?.Value is { } granted)
            yield return $"GrantedScopesFrom = [{string.Join(", ", granted.EnumerateArray().Select(static source => $"GrantedScopesSource.{source.GetString()}"))}],";
        JsonElement[] rules = Items(p, "errorRules");
        if (rules.Length == 0)
            yield break;
        yield return "ErrorRules =";
        yield return "[";
        foreach (JsonElement rule in rules)
        {
            yield return $"    // {Get(rule, "why")}";
            yield return $"    new TokenErrorRule {{ {string.Join(", ", RuleParts(rule))} }},";
        }

        yield return "],";
    }

    private static IEnumerable<string> RuleParts(JsonElement rule)
    {
        if (Get(rule, "grant") is { } grant)
            yield return $"Grant = OAuthGrantType.{grant}";
        if (rule.TryGetProperty("status", out JsonElement status))
            yield return $"Status = {status.GetInt32().ToString(CultureInfo.InvariantCulture)}";
        if (Get(rule, "path") is { } path)
            yield return $"Path = {CodeWriter.Quote(path)}";
        if (Get(rule, "value") is { } value)
            yield return $"Value = {CodeWriter.Quote(value)}";
        if (rule.TryGetProperty("emptyBody", out JsonElement empty) && empty.GetBoolean())
            yield return "EmptyBody = true";
        yield return $"Kind = TokenErrorKind.{Get(rule, "kind")}";
    }

    private static JsonElement[] Items(ProviderFile p, string name) => p[name]?.Value is { } value ? [.. value.EnumerateArray()] : [];

    private static string Joined(JsonElement list) => string.Join(", ", list.EnumerateArray().Select(static item => CodeWriter.Quote(item.GetString()!)));

    private static string? Get(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static string Pascal(string name) => char.ToUpperInvariant(name[0]) + name[1..];

    private static string Time(TimeSpan time) => time switch
    {
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerDay == 0 => $"TimeSpan.FromDays({time.Days})",
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerHour == 0 => $"TimeSpan.FromHours({(int)time.TotalHours})",
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerMinute == 0 => $"TimeSpan.FromMinutes({(int)time.TotalMinutes})",
        _ => $"TimeSpan.FromSeconds({(int)time.TotalSeconds})",
    };
}
