namespace TokenLifecycle.Storage;

/// <summary>The entry of <see cref="WriterMarker"/>.</summary>
internal sealed class WriterMarkerJson
{
    public required string WriterId { get; init; }

    public required DateTimeOffset RenewedAt { get; init; }
}
