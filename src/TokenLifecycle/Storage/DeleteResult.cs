namespace TokenLifecycle.Storage;

/// <summary>The answer to <see cref="ITokenStore.DeleteAsync"/>.</summary>
/// <param name="Existed">Whether there was a row.</param>
/// <param name="Deleted">What it held; <see langword="null"/> if there was none or it could not be read.</param>
public readonly record struct DeleteResult(bool Existed, StoredToken? Deleted)
{
    /// <summary>Whether there was a row; never a token.</summary>
    public override string ToString() => Existed ? $"deleted {Deleted?.Key.ToString() ?? "an unreadable row"}" : "nothing to delete";
}
