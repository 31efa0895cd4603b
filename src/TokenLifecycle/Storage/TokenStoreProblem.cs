namespace TokenLifecycle.Storage;

/// <summary>One thing that keeps a store from doing its work.</summary>
/// <param name="Subject">The object at fault, for example <c>column public.oauth_connections.scopes</c>.</param>
/// <param name="Message">What is wrong with it, in a sentence.</param>
/// <param name="Remedy">How to fix it, to be run or done exactly as written, for example DDL; <see langword="null"/> if unknown.</param>
public sealed record TokenStoreProblem(string Subject, string Message, string? Remedy)
{
    /// <summary>
    /// Whether only the named connections or files are affected, so that the store as a whole can be used: reported, but no reason not to
    /// start.
    /// </summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool IsConfined { get; init; }

    /// <summary>Subject, message and remedy on as many lines as they need.</summary>
    public override string ToString() => Remedy is null ? $"{Subject}: {Message}" : $"{Subject}: {Message}{Environment.NewLine}{Remedy}";
}
