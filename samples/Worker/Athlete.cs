namespace Worker;

/// <summary>A user of this app. The app's own tables contain no connections or tokens.</summary>
internal sealed class Athlete
{
    /// <summary>The app's own id, which is also the user id of the connection.</summary>
    public required string Id { get; init; }

    public DateTimeOffset? SyncedAt { get; set; }

    /// <summary>Why the athlete has to reconnect; null if the athlete does not have to.</summary>
    public string? Waiting { get; set; }
}
