namespace TokenLifecycle.Storage;

/// <summary>A protector that can report what is wrong with its keys while it still works. Implemented by the protector itself; asked by the health check.</summary>
public interface ITokenProtectorCheck
{
    /// <summary>Looks at where the keys are kept. May read them, and changes nothing.</summary>
    /// <returns>Everything that is wrong, such as a change of keys that was not taken; empty if nothing is.</returns>
    IReadOnlyList<TokenStoreProblem> Check();
}
