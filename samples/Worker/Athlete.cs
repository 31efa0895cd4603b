namespace Worker;

/// <summary>A user of this app. Of connections and tokens the app's own tables hold nothing.</summary>
internal sealed class Athlete
{
    /// <summary>The app's own id, which is the user id of the connection too.</summary>
    public required string Id { get; init; }

    public DateTimeOffset? SyncedAt { get; set; }

    /// <summary>Why the athlete has to connect again; null while all is well.</summary>
    public string? Waiting { get; set; }
}
