using TokenLifecycle.Testing;

namespace TokenLifecycle.Chaos;

/// <summary>One user's connection: who has been told to get its token, and when it may be asked for next.</summary>
internal sealed class Connection(int index, SimulatedUser user)
{
    public int Index { get; } = index;

    public SimulatedUser User { get; } = user;

    public TokenKey Key { get; } = WorkerHost.KeyOf(index);

    /// <summary>Whose turn it is; null if nobody's.</summary>
    public WorkerProcess? Holder { get; set; }

    /// <summary>When its access token has ended, so that whoever asks next must refresh.</summary>
    public DateTimeOffset ExpiredFrom { get; set; }

    /// <summary>How often its tokens were lost with a process, and it had to be connected again.</summary>
    public int Losses { get; set; }
}
