namespace TokenLifecycle.Tests.Providers;

/// <summary>Error answers as providers write them.</summary>
internal static class ErrorBodies
{
    public const string Html = "<html><head><title>400 Bad Request</title></head><body><center>cloudfront</center></body></html>";

    public const string StravaDead = """{"message":"Bad Request","errors":[{"resource":"RefreshToken","field":"refresh_token","code":"invalid"}]}""";
    public const string StravaCode = """{"message":"Bad Request","errors":[{"resource":"AuthorizationCode","field":"code","code":"invalid"}]}""";
    public const string StravaUnknownClient = """{"message":"Bad Request","errors":[{"resource":"Application","field":"client_id","code":"invalid"}]}""";
    public const string StravaWrongSecret = """{"message":"Authorization Error","errors":[{"resource":"Application","field":"","code":"invalid"}]}""";
    public const string StravaWrongSecretOlder = """{"message":"Bad Request","errors":[{"resource":"Application","field":"client_secret","code":"invalid"}]}""";
    public const string StravaRateLimit = """{"message":"Rate Limit Exceeded","errors":[{"resource":"Application","field":"rate limit","code":"exceeded"}]}""";

    public const string InvalidRequest = """{"error":"invalid_request","error_description":"The request is invalid."}""";
    public const string InvalidGrant = """{"error":"invalid_grant","error_description":"Token has been expired or revoked."}""";
    public const string InvalidGrantMalformed = """{"error":"invalid_grant","error_description":"Bad Request"}""";
    public const string InvalidRapt = """{"error":"invalid_grant","error_subtype":"invalid_rapt","error_description":"reauth related error"}""";
    public const string RaptRequired = """{"error":"invalid_grant","error_subtype":"rapt_required","error_description":"reauth related error"}""";
    public const string InvalidClient = """{"error":"invalid_client","error_description":"Unauthorized"}""";
    public const string DeletedClient = """{"error":"deleted_client","error_description":"The OAuth client was deleted."}""";
    public const string UnauthorizedClient = """{"error":"unauthorized_client","error_description":"Unauthorized"}""";
    public const string AdminPolicy = """{"error":"admin_policy_enforced","error_description":"Access to your account data is restricted."}""";
    public const string RateLimit = """{"error":"rate_limit_exceeded"}""";

    public static string Strava(string message, string resource, string field, string code) =>
        $$"""{"message":"{{message}}","errors":[{"resource":"{{resource}}","field":"{{field}}","code":"{{code}}"}]}""";
}
