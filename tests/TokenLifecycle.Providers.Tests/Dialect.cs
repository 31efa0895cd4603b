using System.Text.Json;
using System.Text.Json.Serialization;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Providers.Tests;

/// <summary>
/// How a provider behaves, written from its documented samples and never from the preset: a preset that is wrong about the provider must fail against it.
/// </summary>
public sealed record Dialect
{
    private static readonly JsonSerializerOptions _strict = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false };

    /// <summary>Where the samples stand.</summary>
    public required string Source { get; init; }

    /// <summary>
    /// How the samples are known: <c>read</c> on the provider's pages or in its code, <c>secondary</c>, which is in the code or the pages of others, from the <c>survey</c> of
    /// November 2026, or <c>assumed</c>, which is the standard's shape with the provider's addresses. Replace what is assumed as soon as a sample is found.
    /// </summary>
    public required string Basis { get; init; }

    /// <summary>Which parts are the standard's, because no sample of them was found.</summary>
    public string? Assumed { get; init; }

    /// <summary>The part of the method's name after Add.</summary>
    public required string Method { get; init; }

    /// <summary>Why no connection is possible with the present options; the walk is then left out.</summary>
    public string? Blocked { get; init; }

    public Dictionary<string, string> Placeholders { get; init; } = [];

    /// <summary>The provider's names of parameters, by those of the standard.</summary>
    public Dictionary<string, string> ParameterNames { get; init; } = [];

    /// <summary>What the provider wants as redirect_uri instead of the address.</summary>
    public string? RedirectUriName { get; init; }

    public AuthorizePart? Authorize { get; init; }

    public TokenPart? Token { get; init; }

    /// <summary>The documented reply to a code, with $access, $refresh and $id where it has tokens.</summary>
    public JsonElement CodeReply { get; init; }

    /// <summary>The documented reply to a refresh; absent if the provider gives no refresh tokens.</summary>
    public JsonElement? RefreshReply { get; init; }

    /// <summary>What access tokens look like; {0} is the secret part.</summary>
    public string AccessToken { get; init; } = "{0}";

    /// <summary>The issuer of ID tokens.</summary>
    public string? Issuer { get; init; }

    /// <summary>The account id that a connection must have; null if the provider states none that can be read.</summary>
    public string? Account { get; init; }

    /// <summary>What a connection must hold beside its tokens, by its path in the reply or the user info.</summary>
    public Dictionary<string, string> Captured { get; init; } = [];

    /// <summary>Whether ID tokens repeat the nonce of the request.</summary>
    public bool ReturnsNonce { get; init; } = true;

    public UserInfoPart? UserInfo { get; init; }

    /// <summary>An address of the API that a token must reach; null if its host differs by connection.</summary>
    public string? Api { get; init; }

    public IReadOnlyList<ErrorPart> Errors { get; init; } = [];

    public RevocationPart? Revocation { get; init; }

    public static string[] Names { get; } =
        [.. Directory.EnumerateFiles(RepositoryRoot.Combine("tests", "TokenLifecycle.Providers.Tests", "Dialects"), "*.json").Select(static path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    public static Dialect Read(string name) => Parse(File.ReadAllText(RepositoryRoot.Combine("tests", "TokenLifecycle.Providers.Tests", "Dialects", name + ".json")));

    /// <summary>A dialect that only one test needs.</summary>
    public static Dialect Parse(string json) => JsonSerializer.Deserialize<Dialect>(json, _strict)!;
}

/// <param name="Url">The documented authorization endpoint.</param>
/// <param name="Pkce">Whether the provider wants a code challenge.</param>
/// <param name="Scope">space, comma or none.</param>
/// <param name="Contains">Scopes without which the provider gives no lasting grant.</param>
/// <param name="Parameters">Further parameters that the provider wants.</param>
/// <param name="Callback">What the callback carries beside code and state.</param>
public sealed record AuthorizePart(string Url, bool Pkce, string Scope, string[]? Contains, Dictionary<string, string>? Parameters, Dictionary<string, string>? Callback);

/// <param name="Url">The documented token endpoint.</param>
/// <param name="RefreshUrl">The refresh endpoint, if it is another.</param>
/// <param name="Auth">body, basic or none.</param>
/// <param name="Format">form or json.</param>
/// <param name="Headers">Headers that the provider wants, with their beginning.</param>
/// <param name="Fields">Further parameters that the provider wants with a code.</param>
/// <param name="RefreshFields">Further parameters that the provider wants with a refresh.</param>
/// <param name="RefreshGrant">The grant type of a refresh, if it is another.</param>
/// <param name="RefreshName">The name of the parameter with the refresh token, if it is another.</param>
/// <param name="Credential">refresh or access: the token that is sent to get a new one.</param>
public sealed record TokenPart(
    string Url,
    string? RefreshUrl,
    string Auth,
    string Format,
    Dictionary<string, string>? Headers,
    Dictionary<string, string>? Fields,
    Dictionary<string, string>? RefreshFields,
    string RefreshGrant = "refresh_token",
    string RefreshName = "refresh_token",
    string Credential = "refresh");

/// <param name="Url">The documented address.</param>
/// <param name="Body">The documented reply.</param>
/// <param name="Headers">Headers that the provider wants, with their beginning.</param>
/// <param name="Fields">What the provider wants in the body.</param>
/// <param name="Format">form or json; absent for a GET.</param>
public sealed record UserInfoPart(string Url, JsonElement Body, Dictionary<string, string>? Headers, Dictionary<string, string>? Fields, string? Format);

/// <param name="Grant">code or refresh.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The documented body; absent for an empty one.</param>
/// <param name="Means">reconnect, operator, wait or code.</param>
/// <param name="RetryAfter">The header Retry-After, in seconds.</param>
public sealed record ErrorPart(string Grant, int Status, JsonElement? Body, string Means, int? RetryAfter = null);

/// <param name="Url">The documented address.</param>
/// <param name="Auth">body, basic, basic-secret, client-header, bearer, client-id or none.</param>
/// <param name="Token">access or refresh.</param>
/// <param name="Parameter">The name of the token parameter; absent with bearer.</param>
/// <param name="Fields">Further parameters that the provider wants.</param>
/// <param name="Body">The documented reply; absent for an empty one.</param>
/// <param name="Status">The documented status of success.</param>
/// <param name="Method">POST, DELETE or GET.</param>
/// <param name="Format">form or json.</param>
public sealed record RevocationPart(
    string Url, string Auth, string Token, string? Parameter, Dictionary<string, string>? Fields, JsonElement? Body, int Status = 200, string Method = "POST", string Format = "form");
