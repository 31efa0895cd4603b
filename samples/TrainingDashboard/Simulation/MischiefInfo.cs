namespace TrainingDashboard.Simulation;

/// <summary>One button of the page where providers are made to fail.</summary>
internal sealed record MischiefInfo(Mischief Kind, string Button, string Done, string Explanation)
{
    public static IReadOnlyList<MischiefInfo> All { get; } =
    [
        new(Mischief.None, "Work normally", "Works", "Ends outage, rate limit and error pages."),
        new(Mischief.Outage, "Go down", "Down", "Every token request gets a 503. Connections work until their token expires. Then they wait, and nothing is lost."),
        new(Mischief.RateLimit, "Limit the rate", "Rate limited", "Every token request gets a 429 with Retry-After: 10."),
        new(Mischief.Html, "Respond with HTML", "Responds with HTML", "Every token request gets a gateway's error page with status 200 instead of JSON."),
        new(Mischief.LostAnswer, "Lose the next response", "Loses its next response", "The provider processes the next refresh, but the response never arrives. The stored refresh token may have been replaced."),
        new(Mischief.ForgetAccess, "Forget access tokens", "Has forgotten all access tokens", "The API returns 401 before the tokens expire. The call is repeated with a new token, and the user notices nothing."),
        new(Mischief.Revoke, "Revoke my access", "Has revoked all access", "As if you had removed this app on the provider's page of connected apps."),
    ];
}
