namespace TokenLifecycle.Testing;

/// <summary>One of the simulated provider's users.</summary>
public sealed class SimulatedUser
{
    internal SimulatedUser(string name, string accountId)
    {
        Name = name;
        AccountId = accountId;
    }

    /// <summary>The name, which is also what a <c>login_hint</c> names.</summary>
    public string Name { get; }

    /// <summary>The provider's immutable id of the account.</summary>
    public string AccountId { get; }

    /// <summary>Whether the user answers every request for consent with no.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool Denies { get; set; }

    /// <summary>Whether this is a TrainingPeaks coach, who has no athlete profile.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool IsCoach { get; set; }

    /// <summary>The name and the account id.</summary>
    public override string ToString() => $"{Name} ({AccountId})";
}
