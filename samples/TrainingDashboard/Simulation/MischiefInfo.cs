namespace TrainingDashboard.Simulation;

/// <summary>One button of the page on which providers are made to misbehave.</summary>
internal sealed record MischiefInfo(Mischief Kind, string Button, string Done, string Explanation)
{
    public static IReadOnlyList<MischiefInfo> All { get; } =
    [
        new(Mischief.None, "Work normally", "Works", "Ends outage, rate limit and error pages."),
        new(Mischief.Outage, "Go down", "Down", "Every token request is answered with 503. Connections go on while their token lives; then they wait, and nothing is lost."),
        new(Mischief.RateLimit, "Limit the rate", "Rate limited", "Every token request is answered with 429 and Retry-After: 10."),
        new(Mischief.Html, "Answer with HTML", "Answers with HTML", "A gateway's error page with status 200 where JSON should be."),
        new(Mischief.LostAnswer, "Lose the next answer", "Loses its next answer", "The next refresh is done and its answer never arrives: the stored refresh token may have been replaced."),
        new(Mischief.ForgetAccess, "Forget access tokens", "Has forgotten all access tokens", "The API answers 401 before the time is up. The call is repeated with a new token, and the user notices nothing."),
        new(Mischief.Revoke, "Withdraw my access", "Has withdrawn all access", "As though you had removed this app on the provider's page of connected apps."),
    ];
}
