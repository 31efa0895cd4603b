namespace TokenLifecycle.Storage;

/// <summary>
/// Thrown when the token store cannot be used: a table or column is missing, a folder cannot be written, a key file cannot be read. The
/// operator has to fix it.
/// </summary>
public sealed class TokenStoreNotReadyException : Exception
{
    /// <summary>Says everything that is wrong.</summary>
    /// <param name="problems">At least one problem.</param>
    /// <param name="innerException">The technical cause.</param>
    public TokenStoreNotReadyException(IReadOnlyList<TokenStoreProblem> problems, Exception? innerException = null)
        : base(Say(problems), innerException)
    {
        Problems = problems;
    }

    /// <summary>The problems, each with its fix.</summary>
    public IReadOnlyList<TokenStoreProblem> Problems { get; }

    private static string Say(IReadOnlyList<TokenStoreProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        return $"The token store cannot be used ({problems.Count} problem(s)). Nothing was changed, and no tokens are requested until it is fixed."
            + string.Concat(problems.Select(static problem => Environment.NewLine + problem));
    }
}
