namespace TokenLifecycle.Options;

/// <summary>How the provider's answers are read.</summary>
internal static class ProviderReplyRules
{
    // Long enough for any provider, short enough for every sum of times.
    private static readonly TimeSpan _longest = TimeSpan.FromDays(3650);

    public static void Check(SettingProblems problems, OAuthProviderOptions o)
    {
        problems.RequireDefined(o.Rotation, nameof(o.Rotation));
        problems.RequireDefined(o.AccountIdFrom, nameof(o.AccountIdFrom));
        foreach (GrantedScopesSource source in o.GrantedScopesFrom)
            problems.RequireDefined(source, nameof(o.GrantedScopesFrom));

        CheckTimes(problems, o);
        CheckFields(problems, o);
        CheckAccountId(problems, o);
        for (int i = 0; i < o.ErrorRules.Count; i++)
            CheckErrorRule(problems, o.ErrorRules[i], $"{nameof(o.ErrorRules)}[{i}]");
    }

    private static void CheckTimes(SettingProblems problems, OAuthProviderOptions o)
    {
        CheckTime(problems, o.RefreshBefore, nameof(o.RefreshBefore));
        CheckTime(problems, o.MinimumRefreshBefore, nameof(o.MinimumRefreshBefore));
        CheckTime(problems, o.MaximumRefreshBefore, nameof(o.MaximumRefreshBefore));
        CheckTime(problems, o.RefreshTokenReusePeriod, nameof(o.RefreshTokenReusePeriod));
        CheckTime(problems, o.DefaultLifetime, nameof(o.DefaultLifetime));
        CheckTime(problems, o.RefreshTokenIdleLimit, nameof(o.RefreshTokenIdleLimit));
        CheckTime(problems, o.RefreshTokenAbsoluteLimit, nameof(o.RefreshTokenAbsoluteLimit));
        problems.Require(
            o.RefreshTokenIdleLimit is null || o.RefreshTokenAbsoluteLimit is null,
            nameof(o.RefreshTokenAbsoluteLimit),
            "is set together with RefreshTokenIdleLimit, and only one end can be watched",
            "Set the one that comes first for a connection in use");
        problems.Require(o.MaxConcurrentRefreshes is >= 1 and <= 10_000, nameof(o.MaxConcurrentRefreshes), $"is {o.MaxConcurrentRefreshes}", "Set it from 1 to 10000");
        problems.Require(
            o.MaxRefreshesPerSecond is null or (> 0 and <= 1_000_000), nameof(o.MaxRefreshesPerSecond), $"is {o.MaxRefreshesPerSecond}", "Set it to more than 0, or leave it empty for no limit");
        problems.Require(o.DefaultLifetime != TimeSpan.Zero, nameof(o.DefaultLifetime), "is zero", "Set the lifetime the provider documents, or leave it empty if it is unknown");
        if (o.MaximumRefreshBefore is { } ceiling)
        {
            problems.Require(
                o.MinimumRefreshBefore <= ceiling,
                nameof(o.MinimumRefreshBefore),
                $"is {o.MinimumRefreshBefore}, more than MaximumRefreshBefore ({ceiling})",
                $"Set it to at most {ceiling}, or raise the ceiling");
        }
    }

    private static void CheckTime(SettingProblems problems, TimeSpan? value, string setting) =>
        problems.Require(value is null || (value >= TimeSpan.Zero && value <= _longest), setting, $"is {value}", $"Set it to zero or more and at most {_longest.TotalDays} days");

    private static void CheckFields(SettingProblems problems, OAuthProviderOptions o)
    {
        CheckName(o.ExpiresInField, nameof(o.ExpiresInField));
        CheckName(o.ExpiresAtField, nameof(o.ExpiresAtField));
        CheckName(o.RefreshTokenExpiresInField, nameof(o.RefreshTokenExpiresInField));
        problems.Require(
            o.CapturedFields.All(field => !string.IsNullOrWhiteSpace(field)), nameof(o.CapturedFields), "has an empty entry", "Name a member of the token reply in each");

        void CheckName(string? value, string setting) =>
            problems.Require(!string.IsNullOrWhiteSpace(value), setting, "is empty", "Name the member of the token reply, or leave the default");
    }

    private static void CheckAccountId(SettingProblems problems, OAuthProviderOptions o)
    {
        if (o.AccountIdFrom == AccountIdSource.None)
            return;

        problems.Require(
            !string.IsNullOrWhiteSpace(o.AccountIdPath), nameof(o.AccountIdPath), $"is not set, but AccountIdFrom is {o.AccountIdFrom}", "Name where the account id stands there, for example sub");

        // OpenID Connect Core section 3.1.2.1: without this scope the provider sends no ID token, and connecting would fail for every user.
        if (o.AccountIdFrom == AccountIdSource.IdToken && o.GrantType == OAuthGrantType.AuthorizationCode)
        {
            problems.Require(
                o.Scopes.Contains("openid", StringComparer.Ordinal),
                nameof(o.Scopes), "lacks openid, but AccountIdFrom is IdToken and without openid the provider sends no ID token", "Add openid, or set AccountIdFrom to None");
        }
    }

    private static void CheckErrorRule(SettingProblems problems, TokenErrorRule? rule, string setting)
    {
        // A grant alone would take in every answer to it, the server's own failures included.
        if (rule is null || (rule.Status is null && string.IsNullOrEmpty(rule.Path) && !rule.EmptyBody))
        {
            problems.Add(setting, "has no condition on the answer and so would give every error its meaning", "Set Status, Path or EmptyBody, or leave the rule out");
            return;
        }

        problems.RequireDefined(rule.Kind, $"{setting}.{nameof(rule.Kind)}");
        if (rule.Grant is { } grant)
            problems.RequireDefined(grant, $"{setting}.{nameof(rule.Grant)}");
        problems.Require(rule.Status is null or (>= 100 and <= 599), $"{setting}.{nameof(rule.Status)}", $"is {rule.Status}, which is not an HTTP status", "Set it from 100 to 599");
        problems.Require(rule.Value is null || !string.IsNullOrEmpty(rule.Path), $"{setting}.{nameof(rule.Value)}", "is set without a Path", "Set Path to where the value stands");
        problems.Require(!rule.EmptyBody || string.IsNullOrEmpty(rule.Path), $"{setting}.{nameof(rule.EmptyBody)}", "contradicts Path: an empty body contains nothing", "Set one of the two");
    }
}
