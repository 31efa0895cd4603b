namespace TokenLifecycle.Storage;

/// <summary>The place where tokens are kept is not fit for use: a table or column is missing, a folder cannot be written, a key file cannot be read. The operator mends it.</summary>
public sealed class TokenStoreUnfitException : Exception
{
    /// <summary>Says everything that is wrong.</summary>
    /// <param name="problems">At least one problem.</param>
    /// <param name="innerException">The technical cause.</param>
    public TokenStoreUnfitException(IReadOnlyList<TokenStoreProblem> problems, Exception? innerException = null)
        : base(Say(problems), innerException)
    {
        Problems = problems;
    }

    /// <summary>What is wrong, each with what mends it.</summary>
    public IReadOnlyList<TokenStoreProblem> Problems { get; }

    private static string Say(IReadOnlyList<TokenStoreProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        return $"The token store is not fit for use ({problems.Count} problem(s)). Nothing was changed, and no tokens are requested until it is mended."
            + string.Concat(problems.Select(static problem => Environment.NewLine + problem));
    }
}
