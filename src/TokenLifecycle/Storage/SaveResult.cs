namespace TokenLifecycle.Storage;

/// <summary>The answer to <see cref="ITokenStore.SaveAsync"/>.</summary>
public sealed class SaveResult
{
    private SaveResult(bool isSaved, StoredToken? token)
    {
        IsSaved = isSaved;
        Token = token;
    }

    /// <summary>Whether the row was written.</summary>
    public bool IsSaved { get; }

    /// <summary>
    /// The row that is stored now, with its version: the written one, or the one that prevented it; <see langword="null"/> if there is
    /// none.
    /// </summary>
    public StoredToken? Token { get; }

    /// <summary>The row was written.</summary>
    /// <param name="token">It, with its new version.</param>
    public static SaveResult Saved(StoredToken token) => new(isSaved: true, token);

    /// <summary>Another version is stored, or none.</summary>
    /// <param name="current">The stored row.</param>
    public static SaveResult Conflict(StoredToken? current) => new(isSaved: false, current);
}
