namespace TokenLifecycle.Storage;

/// <summary>
/// Reports problems with the keys of a protector that still works. Implemented by the protector and called by the health check.
/// </summary>
public interface ITokenProtectorCheck
{
    /// <summary>Checks the storage of the keys. May read the keys, and changes nothing.</summary>
    /// <returns>All problems, such as changed keys that are not used; empty if there are none.</returns>
    IReadOnlyList<TokenStoreProblem> Check();
}
