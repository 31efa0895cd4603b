using System.Text.Json;
using System.Text.RegularExpressions;

namespace ProviderGenerator;

/// <summary>The facts that a data file may hold, the form of each, and which ones must be there.</summary>
internal static partial class FactSchema
{
    /// <summary>Facts that every deep provider has, be they unknown.</summary>
    public static readonly string[] Deep =
    [
        "clientAuthentication", "requestFormat", "pkce", "scopes", "scopeSeparator", "apiOrigins", "account", "revocation", "errorRules", "rotation", "refreshTokenReusePeriod",
        "accessTokenLifetime", "refreshTokenIdleLimit", "refreshTokenAbsoluteLimit", "quotas", "deathCauses", "hardDates", "connectionParameters",
    ];

    /// <summary>Facts that every provider has, be they unknown.</summary>
    public static readonly string[] Basic = ["clientAuthentication", "scopes", "scopeSeparator", "revocation"];

    private static readonly string[] _environment = ["authorizationEndpoint", "tokenEndpoint", "revocationEndpoint", "userInfoEndpoint", "apiOrigins"];

    private static readonly string[] _authentication = ["Body", "Basic", "None", "BasicUnencoded", "BasicSecretAsUserName", "BasicWithoutSecret"];

    private static readonly Dictionary<string, Func<JsonElement, string?>> _forms = new(StringComparer.Ordinal)
    {
        ["authorizationEndpoint"] = Address,
        ["tokenEndpoint"] = Address,
        ["refreshEndpoint"] = Address,
        ["issuer"] = Address,
        ["environments"] = Environments,
        ["clientAuthentication"] = OneOf(_authentication),
        ["requestFormat"] = OneOf("Form", "Json", "Query"),
        ["requestHeaders"] = Texts,
        ["authorizationParameters"] = Texts,
        ["tokenParameters"] = Texts,
        ["refreshParameters"] = Texts,
        ["parameterNames"] = Names,
        ["responseType"] = Text,
        ["callbackCodeParameter"] = Text,
        ["refreshGrantType"] = Text,
        ["refreshCredential"] = OneOf("RefreshToken", "AccessToken"),
        ["refreshAuthentication"] = OneOf(_authentication),
        ["refreshFormat"] = OneOf("Form", "Json", "Query"),
        ["pkce"] = OneOf("S256", "Off", "Plain"),
        ["scopes"] = Scopes,
        ["scopeSeparator"] = OneOf(" ", ",", ";", "+", ""),
        ["grantedScopesFrom"] = static value => List(value, OneOf("Reply", "Callback")),
        ["apiOrigins"] = static value => List(value, Address),
        ["tokenRoot"] = Text,
        ["successPath"] = Text,
        ["successValue"] = Text,
        ["acceptedTokenTypes"] = static value => List(value, Text),
        ["tokenTypeRequired"] = Boolean,
        ["idTokenCheck"] = OneOf("Nonce", "OptionalNonce", "Optional"),
        ["expiresInField"] = Text,
        ["expiresInUnit"] = OneOf("Seconds", "Milliseconds"),
        ["expiresAtField"] = Text,
        ["refreshTokenExpiresInField"] = Text,
        ["refreshTokenExpiresAtField"] = Text,
        ["unreportedScopes"] = static value => List(value, Text),
        ["userInfoCapturedFields"] = static value => List(value, Text),
        ["extraTokenCharacters"] = Text,
        ["capturedFields"] = static value => List(value, Text),
        ["accessTokenLifetime"] = Duration,
        ["defaultLifetime"] = Duration,
        ["rotation"] = OneOf("MayRotate", "EveryUse", "Static", "None"),
        ["refreshTokenReusePeriod"] = Duration,
        ["refreshTokenIdleLimit"] = Duration,
        ["refreshTokenAbsoluteLimit"] = Duration,
        ["refreshBefore"] = Duration,
        ["minimumRefreshBefore"] = Duration,
        ["maximumRefreshBefore"] = Duration,
        ["refreshTokenRequired"] = Boolean,
        ["keepRefreshTokenOnReconnect"] = Boolean,
        ["errorRules"] = static value => List(value, static rule => Object(rule, ["kind", "why"], ["grant", "status", "path", "value", "emptyBody"])),
        ["account"] = static value => Object(value, ["from"], ["path", "endpoint", "format", "parameters", "how"]),
        ["revocation"] = static value =>
            Object(value, ["style"], ["endpoint", "authentication", "method", "format", "parameters", "token", "parameter", "how"]),
        ["quotas"] = static value => List(value, Text),
        ["deathCauses"] = static value => List(value, Text),
        ["hardDates"] = static value => List(value, static date => Object(date, ["date", "what", "link"], ["handled"])),
        ["connectionParameters"] = static value => List(value, static parameter => Object(parameter, ["name", "pattern", "example", "from", "what"], ["default"])),
        ["appSettings"] = static value => List(value, static setting => Object(setting, ["setting", "what"], [])),
    };

    public static void Check(ProviderFile provider, string file, List<string> problems)
    {
        foreach (string missing in (provider.IsDeep ? Deep : Basic).Where(name => !provider.Facts.ContainsKey(name)))
            problems.Add($"{file}: facts.{missing} is missing; write its value with a source, or \"unknown\"");
        if (!provider.Facts.ContainsKey("environments"))
        {
            foreach (string endpoint in new[] { "authorizationEndpoint", "tokenEndpoint" }.Where(name => provider[name] is null))
                problems.Add($"{file}: facts.{endpoint} is missing, and there are no environments");
        }

        foreach (Fact fact in provider.Facts.Values)
        {
            if (!_forms.TryGetValue(fact.Name, out Func<JsonElement, string?>? form))
                problems.Add($"{file}: unknown fact {fact.Name}; known are {string.Join(", ", _forms.Keys)}");
            else if (fact.Value is { } value && form(value) is { } problem)
                problems.Add($"{file}: facts.{fact.Name} {problem}");
        }

        CheckParameters(provider, file, problems);
    }

    /// <summary>The duration of a text such as 30d; null for words such as never.</summary>
    public static TimeSpan? Parse(string text)
    {
        if (!DurationText().IsMatch(text))
            return null;
        int number = int.Parse(text[..^1], System.Globalization.CultureInfo.InvariantCulture);
        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            _ => TimeSpan.FromDays(number),
        };
    }

    private static void CheckParameters(ProviderFile provider, string file, List<string> problems)
    {
        string[] declared = provider["connectionParameters"]?.Value is { } list ? [.. list.EnumerateArray().Select(static p => p.GetProperty("name").GetString()!)] : [];
        string text = string.Concat(provider.ValuedFacts.Where(static fact => fact.Name is not ("connectionParameters" or "errorRules")).Select(static fact => fact.Value!.Value.GetRawText()));
        foreach (string used in Placeholder().Matches(text).Select(static match => match.Groups["name"].Value).Distinct(StringComparer.Ordinal))
        {
            if (used is not ("ClientId" or "AccountId" or "id") && !declared.Contains(used, StringComparer.Ordinal))
                problems.Add($"{file}: {{{used}}} is used, but connectionParameters does not describe it");
        }
    }

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString()!.Length > 0 ? null : "is not a text";

    private static string? Boolean(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "is not true or false";

    private static string? Address(JsonElement value) => Text(value) ?? (value.GetString()!.StartsWith("https://", StringComparison.Ordinal) ? null : "is not an https address");

    private static string? Duration(JsonElement value) =>
        Text(value) ?? (value.GetString() is "never" or "none" or "varies" || DurationText().IsMatch(value.GetString()!) ? null : "is not a duration such as 3600s, 2h, 30d, nor never, none or varies");

    private static string? Texts(JsonElement value) => value.ValueKind == JsonValueKind.Object && value.EnumerateObject().All(static member => Text(member.Value) is null) ? null : "is not an object of texts";

    private static string? Names(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.EnumerateObject().All(static member => member.Value.ValueKind == JsonValueKind.String) ? null : "is not an object of names";

    private static string? List(JsonElement value, Func<JsonElement, string?> item) =>
        value.ValueKind != JsonValueKind.Array ? "is not a list" : value.EnumerateArray().Select(item).FirstOrDefault(static problem => problem is not null) is { } problem ? $"has an entry that {problem}" : null;

    private static Func<JsonElement, string?> OneOf(params string[] values) =>
        value => value.ValueKind == JsonValueKind.String && values.Contains(value.GetString(), StringComparer.Ordinal) ? null : $"is none of {string.Join(", ", values.Select(static v => $"\"{v}\""))}";

    private static string? Object(JsonElement value, string[] required, string[] optional)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return "is not an object";
        string[] names = [.. value.EnumerateObject().Select(static member => member.Name)];
        if (required.Except(names, StringComparer.Ordinal).FirstOrDefault() is { } missing)
            return $"lacks {missing}";
        return names.Except([.. required, .. optional], StringComparer.Ordinal).FirstOrDefault() is { } unknown ? $"has the unknown member {unknown}" : null;
    }

    private static string? Scopes(JsonElement value) =>
        Object(value, ["default", "known"], []) ?? List(value.GetProperty("default"), Text) ?? List(value.GetProperty("known"), static scope => Object(scope, ["name", "what"], ["aliases"]));

    private static string? Environments(JsonElement value) =>
        Object(value, ["default", "list"], [])
        ?? value.GetProperty("list").EnumerateObject().Select(static environment => Object(environment.Value, [], _environment)).FirstOrDefault(static problem => problem is not null);

    [GeneratedRegex(@"^\d+[smhd]$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DurationText();

    [GeneratedRegex(@"\{(?<name>[A-Za-z]+)\}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
