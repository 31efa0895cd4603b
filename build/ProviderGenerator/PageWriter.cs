using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ProviderGenerator;

/// <summary>Writes a provider's page: what is known, from where, and since when.</summary>
internal static class PageWriter
{
    private static readonly (string Fact, string Label)[] _endpoints =
    [
        ("authorizationEndpoint", "Authorization endpoint"), ("tokenEndpoint", "Token endpoint"), ("refreshEndpoint", "Refresh endpoint"), ("issuer", "Issuer"),
        ("environments", "Environments"), ("apiOrigins", "API origins"),
    ];

    private static readonly (string Fact, string Label)[] _request =
    [
        ("clientAuthentication", "Client authentication"), ("requestFormat", "Token request format"), ("requestHeaders", "Request headers"), ("pkce", "PKCE"),
        ("scopeSeparator", "Scope separator"), ("authorizationParameters", "Authorization parameters"),
    ];

    private static readonly (string Fact, string Label)[] _reply =
    [
        ("account", "Account id"), ("grantedScopesFrom", "Granted scopes"), ("expiresInField", "Lifetime member"), ("expiresAtField", "Expiry member"),
        ("refreshTokenExpiresInField", "Refresh token lifetime member"), ("extraTokenCharacters", "Extra token characters"), ("capturedFields", "Members kept"),
    ];

    private static readonly (string Fact, string Label)[] _lifecycle =
    [
        ("accessTokenLifetime", "Access token lifetime"), ("defaultLifetime", "Assumed if a reply states none"), ("rotation", "Refresh token rotation"),
        ("refreshTokenReusePeriod", "Reuse period of a replaced refresh token"), ("refreshTokenIdleLimit", "Refresh token idle limit"), ("refreshTokenAbsoluteLimit", "Refresh token absolute limit"),
        ("refreshBefore", "Refreshed before expiry"), ("minimumRefreshBefore", "Refreshed at least before expiry"), ("maximumRefreshBefore", "Refreshed at most before expiry"),
        ("refreshTokenRequired", "Refresh token required"), ("keepRefreshTokenOnReconnect", "Refresh token kept on reconnect"), ("revocation", "Revocation"),
    ];

    public static string Write(ProviderFile p)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"# {p.DisplayName}\n\n<!-- Written by build/providers.sh --generate from src/TokenLifecycle.Providers/Data/{p.Name}.json. -->\n\n");
        page.Append(Intro(p)).Append("\n\n");
        Table(page, p, "Endpoints", _endpoints);
        Table(page, p, "Requests", _request);
        Scopes(page, p);
        Table(page, p, "Replies", _reply);
        Table(page, p, "How its tokens live", _lifecycle);
        List(page, p, "quotas", "Quotas");
        List(page, p, "deathCauses", "What ends a refresh token");
        Dates(page, p);
        Rules(page, p);
        Parameters(page, p);
        if (p.Gaps.Count > 0)
        {
            page.Append("## What cannot be declared yet\n\n");
            foreach (Gap gap in p.Gaps)
                page.Append(CultureInfo.InvariantCulture, $"- {gap.What}{(gap.Blocks == "nothing" ? "" : $" (affects: {gap.Blocks})")}\n");
            page.Append('\n');
        }

        string[] unknown = [.. p.Facts.Values.Where(static fact => fact.Value is null).Select(static fact => fact.Name)];
        if (unknown.Length > 0)
            page.Append(CultureInfo.InvariantCulture, $"## Unknown\n\nNo source was found for: {string.Join(", ", unknown)}.\n\n");
        page.Append("## Sources\n\n| id | read | kind | link |\n| --- | --- | --- | --- |\n");
        foreach ((string id, Source source) in p.Sources.OrderBy(static source => source.Key, StringComparer.Ordinal))
            page.Append(CultureInfo.InvariantCulture, $"| {id} | {source.Read} | {source.Kind} | <{source.Url}> |\n");
        return page.ToString().ReplaceLineEndings("\n");
    }

    public static string Verified(ProviderFile p)
    {
        string[] dates = [.. p.ReadDates.Order(StringComparer.Ordinal)];
        return dates.Length == 0 ? "never" : dates[0] == dates[^1] ? dates[0] : $"{dates[0]} to {dates[^1]}";
    }

    private static string Intro(ProviderFile p)
    {
        string add = p.IsBuiltIn ? $"`Add{p.Method}` is part of the package `TokenLifecycle`."
            : p.IsOffered ? $"`Add{p.Method}` is part of the package `TokenLifecycle.Providers`."
            : "No preset is offered yet: the options cannot declare what this provider needs. See the section on that below.";
        return $"{add} [The provider's documentation]({p.Documentation}).\n\nLast verified: {Verified(p)}. {(p.IsDeep ? "Every fact was looked for." : "Only endpoints, client authentication, scopes and revocation were looked for.")}";
    }

    private static void Table(StringBuilder page, ProviderFile p, string title, (string Fact, string Label)[] rows)
    {
        (Fact Fact, string Label)[] known = [.. rows.Where(row => p.Facts.ContainsKey(row.Fact)).Select(row => (p.Facts[row.Fact], row.Label))];
        if (known.Length == 0)
            return;
        page.Append(CultureInfo.InvariantCulture, $"## {title}\n\n| | | source |\n| --- | --- | --- |\n");
        foreach ((Fact fact, string label) in known)
            page.Append(CultureInfo.InvariantCulture, $"| {label} | {Cell(Shown(fact))}{Until(fact)}{(fact.Note is null ? "" : $"<br>{Cell(fact.Note)}")} | {Ids(fact)} |\n");
        page.Append('\n');
    }

    private static string Shown(Fact fact)
    {
        if (fact.Value is not { } value)
            return "unknown";
        return value.ValueKind switch
        {
            JsonValueKind.Array => value.GetArrayLength() == 0 ? "none" : string.Join(", ", value.EnumerateArray().Select(static item => $"`{item.GetString()}`")),
            JsonValueKind.Object => fact.Name == "environments" ? Environments(value) : string.Join(", ", value.EnumerateObject().Select(static member => $"{member.Name} `{member.Value}`")),
            JsonValueKind.True => "yes",
            JsonValueKind.False => "no",
            _ => value.GetString() is { Length: 0 } ? "no scope parameter" : value.GetString() == " " ? "space" : $"`{value.GetString()}`",
        };
    }

    private static string Environments(JsonElement value) => string.Join("<br>", value.GetProperty("list").EnumerateObject().Select(environment =>
        $"**{environment.Name}**{(environment.Name == value.GetProperty("default").GetString() ? " (default)" : "")}: {string.Join(", ", environment.Value.EnumerateObject().Select(static member => $"{member.Name} {Plain(member.Value)}"))}"));

    private static string Plain(JsonElement value) => value.ValueKind == JsonValueKind.Array ? string.Join(", ", value.EnumerateArray().Select(static item => $"`{item.GetString()}`")) : $"`{value.GetString()}`";

    private static void Scopes(StringBuilder page, ProviderFile p)
    {
        if (p["scopes"] is not { Value: { } value } fact)
            return;
        JsonElement defaults = value.GetProperty("default");
        page.Append(CultureInfo.InvariantCulture, $"## Scopes\n\nAsked for if the app names none: {(defaults.GetArrayLength() == 0 ? "none" : Plain(defaults))}. Source: {Ids(fact)}.{(fact.Note is null ? "" : " " + fact.Note)}\n\n");
        if (value.GetProperty("known").GetArrayLength() == 0)
            return;
        page.Append("| scope | gives | also named |\n| --- | --- | --- |\n");
        foreach (JsonElement scope in value.GetProperty("known").EnumerateArray())
        {
            string aliases = scope.TryGetProperty("aliases", out JsonElement list) ? Plain(list) : "";
            page.Append(CultureInfo.InvariantCulture, $"| `{scope.GetProperty("name").GetString()}` | {Cell(scope.GetProperty("what").GetString()!)} | {aliases} |\n");
        }

        page.Append('\n');
    }

    private static void List(StringBuilder page, ProviderFile p, string name, string title)
    {
        if (p[name] is not { Value: { } value } fact || value.GetArrayLength() == 0)
            return;
        page.Append(CultureInfo.InvariantCulture, $"## {title}\n\n");
        foreach (JsonElement item in value.EnumerateArray())
            page.Append(CultureInfo.InvariantCulture, $"- {item.GetString()}\n");
        page.Append(CultureInfo.InvariantCulture, $"\nSource: {Ids(fact)}.\n\n");
    }

    private static void Dates(StringBuilder page, ProviderFile p)
    {
        if (p["hardDates"] is not { Value: { } value } || value.GetArrayLength() == 0)
            return;
        page.Append("## Dates\n\n| date | what |\n| --- | --- |\n");
        foreach (JsonElement date in value.EnumerateArray())
            page.Append(CultureInfo.InvariantCulture, $"| {date.GetProperty("date").GetString()} | {Cell(date.GetProperty("what").GetString()!)} <{date.GetProperty("link").GetString()}> |\n");
        page.Append("\nThe start of an app that uses the preset warns 90 days before each of them.\n\n");
    }

    private static void Rules(StringBuilder page, ProviderFile p)
    {
        if (p["errorRules"] is not { Value: { } value } fact || value.GetArrayLength() == 0)
            return;
        page.Append("## Error rules\n\nTried in this order, before the standard's.\n\n| reply | means | why |\n| --- | --- | --- |\n");
        foreach (JsonElement rule in value.EnumerateArray())
        {
            string condition = string.Join(", ", rule.EnumerateObject().Where(static member => member.Name is not ("kind" or "why")).Select(static member => $"{member.Name} `{member.Value}`"));
            page.Append(CultureInfo.InvariantCulture, $"| {Cell(condition)} | {rule.GetProperty("kind").GetString()} | {Cell(rule.GetProperty("why").GetString()!)} |\n");
        }

        page.Append(CultureInfo.InvariantCulture, $"\nSource: {Ids(fact)}.\n\n");
    }

    private static void Parameters(StringBuilder page, ProviderFile p)
    {
        if (p["connectionParameters"] is not { Value: { } value } fact || value.GetArrayLength() == 0)
            return;
        page.Append("## Parameters\n\n| name | what | pattern | example | known from |\n| --- | --- | --- | --- | --- |\n");
        foreach (JsonElement parameter in value.EnumerateArray())
        {
            page.Append(CultureInfo.InvariantCulture, $"| `{parameter.GetProperty("name").GetString()}` | {Cell(parameter.GetProperty("what").GetString()!)} | `{Cell(parameter.GetProperty("pattern").GetString()!)}` ");
            page.Append(CultureInfo.InvariantCulture, $"| `{parameter.GetProperty("example").GetString()}` | {parameter.GetProperty("from").GetString()} |\n");
        }

        page.Append(CultureInfo.InvariantCulture, $"\nSource: {Ids(fact)}.\n\n");
    }

    private static string Ids(Fact fact) => fact.Sources.Count == 0 ? "–" : string.Join(", ", fact.Sources);

    private static string Until(Fact fact) => fact.ValidUntil is { } date ? string.Create(CultureInfo.InvariantCulture, $" (valid until {date:yyyy-MM-dd})") : "";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
