using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Providers.Tests;

/// <summary>The token endpoint of a dialect: a refresh token that was replaced is not accepted.</summary>
internal sealed class DialectTokens(DialectServer server, TimeProvider time)
{
    private readonly HashSet<string> _live = new(StringComparer.Ordinal);
    private string? _presented;

    private static readonly JsonSerializerOptions _noNulls = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public string Access { get; private set; } = "";

    public string Refresh { get; private set; } = "";

    /// <summary>How many requests arrived at the token endpoint.</summary>
    public int Requests { get; private set; }

    /// <summary>How many refreshes succeeded.</summary>
    public int Refreshes { get; private set; }

    public string Code { get; private set; } = "";

    public string? Challenge { get; set; }

    public string? Nonce { get; set; }

    public string RedirectUri { get; set; } = "";

    /// <summary>Answered instead of tokens, until it is null again.</summary>
    public ErrorPart? Error { get; set; }

    public string IssueCode() => Code = Canary.New("code");

    public async Task AnswerAsync(HttpContext context, string address)
    {
        TokenPart token = server.Dialect.Token!;
        Requests++;
        server.Require(context.Request.Method == "POST", "the token endpoint takes POST");
        IReadOnlyDictionary<string, string> fields = await ReadAsync(context.Request, token.Format, server);
        server.RequireClient(context.Request, fields, token.Auth);
        server.RequireHeaders(context.Request, token.Headers);
        bool isRefresh = fields.GetValueOrDefault("grant_type") == token.RefreshGrant;
        server.RequireFields(fields, isRefresh ? token.RefreshFields : token.Fields);
        server.Require(address == (isRefresh ? token.RefreshUrl ?? token.Url : token.Url), $"{address} is not where the provider takes this grant");
        if (Error is { } error && (error.Grant == "refresh") == isRefresh)
        {
            if (error.RetryAfter is { } seconds)
                context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            await WriteAsync(context, error.Status, error.Body?.GetRawText());
            return;
        }

        bool isGood = isRefresh ? CheckRefresh(fields) : CheckCode(fields);
        JsonElement? sample = isRefresh ? server.Dialect.RefreshReply : server.Dialect.CodeReply;
        await WriteAsync(context, isGood ? 200 : 400, isGood ? Fill(sample!.Value) : """{"error":"invalid_grant"}""");
        if (isGood && isRefresh)
            Refreshes++;
    }

    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(HttpRequest request, string format, DialectServer server)
    {
        string type = request.ContentType?.Split(';')[0] ?? "";
        using var reader = new StreamReader(request.Body);
        string body = await reader.ReadToEndAsync();
        if (format == "json")
        {
            server.Require(type == "application/json", $"the body is {type}; the provider wants JSON");
            return Standard(JsonSerializer.Deserialize<Dictionary<string, string>>(body)!, server);
        }

        server.Require(type == "application/x-www-form-urlencoded", $"the body is {type}; the provider wants a form");
        return Standard(body.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(static pair => pair.Split('=', 2)).ToDictionary(
            static pair => Uri.UnescapeDataString(pair[0]), static pair => Uri.UnescapeDataString(pair[1].Replace('+', ' ')), StringComparer.Ordinal), server);
    }

    /// <summary>The parameters by the standard's names, and the standard's name where the provider has its own is not accepted.</summary>
    private static Dictionary<string, string> Standard(Dictionary<string, string> fields, DialectServer server)
    {
        foreach ((string standard, string own) in server.Dialect.ParameterNames)
        {
            server.Require(!fields.ContainsKey(standard), $"{standard} is called {own}");
            if (fields.Remove(own, out string? value))
                fields[standard] = value;
        }

        return fields;
    }

    private bool CheckCode(IReadOnlyDictionary<string, string> fields)
    {
        _presented = null;
        server.Require(fields.GetValueOrDefault("grant_type") == "authorization_code", "grant_type is authorization_code");
        server.Require(fields.GetValueOrDefault("redirect_uri") == RedirectUri, "redirect_uri is that of the authorization request");
        string? verifier = fields.GetValueOrDefault("code_verifier");
        bool proves = Challenge is null ? verifier is null : verifier is not null && Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))) == Challenge;
        server.Require(proves, "code_verifier matches the code challenge");
        bool isCode = Code.Length > 0 && fields.GetValueOrDefault("code") == Code;
        server.Require(isCode, "the code is the one that was issued, and was not used before");
        Code = "";
        return isCode && proves;
    }

    private bool CheckRefresh(IReadOnlyDictionary<string, string> fields)
    {
        TokenPart token = server.Dialect.Token!;
        _presented = fields.GetValueOrDefault(token.RefreshName);
        bool isCurrent = token.Credential == "access" ? _presented == Access : _presented is not null && _live.Contains(_presented);
        server.Require(isCurrent, $"the {token.Credential} token is the latest one of its grant");
        return isCurrent;
    }

    private string Fill(JsonElement sample)
    {
        JsonNode reply = JsonNode.Parse(sample.GetRawText())!;
        Access = string.Format(System.Globalization.CultureInfo.InvariantCulture, server.Dialect.AccessToken, Canary.New("access"));
        Replace(reply);
        return reply.ToJsonString();
    }

    private void Replace(JsonNode node)
    {
        if (node is JsonArray array)
        {
            foreach (JsonNode item in array.OfType<JsonNode>())
                Replace(item);
        }

        if (node is not JsonObject members)
            return;
        foreach ((string name, JsonNode? value) in members.ToArray())
        {
            if (value is JsonValue text && text.TryGetValue(out string? word))
                members[name] = Filled(word);
            else if (value is not null)
                Replace(value);
        }
    }

    private JsonNode Filled(string word) => word switch
    {
        "$access" => Access,
        "$refresh" => NextRefreshToken(),
        "$id" => IdToken(),
        "$expires" => time.GetUtcNow().AddHours(6).ToUnixTimeSeconds(),
        "$date" => time.GetUtcNow().AddDays(30).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
        _ => word,
    };

    private string NextRefreshToken()
    {
        if (_presented is not null)
            _live.Remove(_presented);
        _live.Add(Refresh = Canary.New("refresh"));
        return Refresh;
    }

    private string IdToken()
    {
        string payload = JsonSerializer.Serialize(new
        {
            iss = server.Dialect.Issuer,
            aud = DialectServer.ClientId,
            sub = server.Dialect.Account,
            oid = server.Dialect.Account,
            nonce = server.Dialect.ReturnsNonce ? Nonce : null,
            iat = time.GetUtcNow().ToUnixTimeSeconds(),
            exp = time.GetUtcNow().AddHours(1).ToUnixTimeSeconds(),
        }, _noNulls);
        string signed = $"{Encode("""{"alg":"RS256","typ":"JWT"}""")}.{Encode(payload)}";
        return $"{signed}.{Encode("signature")}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private async Task WriteAsync(HttpContext context, int status, string? body)
    {
        context.Response.StatusCode = status;
        // The provider's clock is the test's, or a date in the reply would lie in the past.
        context.Response.Headers.Date = time.GetUtcNow().ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        if (body is null)
            return;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body);
    }
}
