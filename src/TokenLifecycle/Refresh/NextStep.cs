using TokenLifecycle.Providers;

namespace TokenLifecycle.Refresh;

/// <summary>
/// What follows a response: the refresh ends with a result, or the stored refresh token, the same or one just saved, is sent again
/// immediately.
/// </summary>
internal readonly record struct NextStep
{
    private NextStep(RefreshResult? result) => Result = result;

    /// <summary>Sends the stored refresh token again, under a new lease and a new intent.</summary>
    public static NextStep SendAgain => default;

    /// <summary>The result; <see langword="null"/> to send again.</summary>
    public RefreshResult? Result { get; }

    public static implicit operator NextStep(RefreshResult result) => new(result);
}
