namespace TokenLifecycle.AspNetCore;

/// <summary>How the connections of one provider are doing.</summary>
internal sealed class ProviderOverview
{
    public required string Provider { get; init; }

    /// <summary>How many there are of each state.</summary>
    public Dictionary<string, int> States { get; } = new(StringComparer.Ordinal);

    public int Total { get; set; }

    public int Failing { get; set; }

    /// <summary>Whether there were more than are counted in one request.</summary>
    public bool IsCut { get; set; }

    /// <summary>Those that need the user or the operator, by key: user id and connection. The first hundred.</summary>
    public List<ConnectionMention> NeedReconnect { get; } = [];

    public List<ConnectionMention> ExpiringSoon { get; } = [];

    /// <summary>Those that share their account with another connection: some providers end the older one (H9). The first hundred.</summary>
    public List<ConnectionMention> SharingAccount { get; } = [];
}
