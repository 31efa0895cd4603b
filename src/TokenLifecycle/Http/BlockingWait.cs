namespace TokenLifecycle.Http;

/// <summary>Blocks the caller of a synchronous request until its token is there, for a bounded time. What has begun goes on.</summary>
internal static class BlockingWait
{
    /// <summary>Longer than a token request may take, so that it ends with the provider's response if there is one.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    public static T For<T>(Task<T> work, TokenKey key, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return work.WaitAsync(Longest, time, cancellationToken).GetAwaiter().GetResult();
        }
        catch (TimeoutException timeout)
        {
            throw new TokenTemporarilyUnavailableException(key, TokenFailureKind.NoAnswer, TimeSpan.FromSeconds(1), timeout);
        }
    }
}
