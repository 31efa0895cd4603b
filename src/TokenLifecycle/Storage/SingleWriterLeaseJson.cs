namespace TokenLifecycle.Storage;

/// <summary>The entry of <see cref="SingleWriterLease"/>.</summary>
internal sealed class SingleWriterLeaseJson
{
    public required string WriterId { get; init; }

    public required DateTimeOffset RenewedAt { get; init; }
}
