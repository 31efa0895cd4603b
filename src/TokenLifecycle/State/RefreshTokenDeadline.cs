namespace TokenLifecycle.State;

/// <summary>
/// Keeps refresh tokens from expiring unnoticed: those that expire when idle are used in time, and the user is notified in time of those
/// that nothing extends (D10).
/// </summary>
internal static class RefreshTokenDeadline
{
    /// <summary>
    /// Notified twice as early as required (failure mode D10 requires seven days), so that a mail, a holiday and a second mail fit in.
    /// </summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(14);

    private const double UsedAt = 0.75;
    private const double Jitter = 0.1;

    /// <summary>By when a refresh is due for the sake of the refresh token alone; null if its expiry is unknown.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="now">The current time.</param>
    /// <param name="draw">From 0 to 1.</param>
    public static DateTimeOffset? NextLook(TokenSet tokens, DateTimeOffset now, double draw)
    {
        if (tokens.RefreshToken is null || tokens.RefreshTokenExpiresAt is not { } end || end <= now)
            return null;

        DateTimeOffset use = now + ((end - now) * UsedAt * (1 - (Jitter * draw)));
        DateTimeOffset notice = end - Notice + (Notice * Jitter * draw);
        return notice > now && notice < use ? notice : use;
    }

    /// <summary>
    /// Whether the notice falls between two refreshes: the first one came before it, the second one did not move the end away.
    /// </summary>
    public static bool IsTimeToTell(TokenSet tokens, DateTimeOffset before, DateTimeOffset now) =>
        tokens.RefreshToken is not null && tokens.RefreshTokenExpiresAt is { } end && before < end - Notice && now >= end - Notice;
}
