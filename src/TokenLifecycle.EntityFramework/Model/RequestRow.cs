namespace TokenLifecycle.EntityFramework.Model;

/// <summary>The properties of a redeemed authorization request, by name. A property bag and no class: no app needs to query it.</summary>
internal static class RequestRow
{
    /// <summary>The name of the entity type in the app's model.</summary>
    public const string EntityName = "TokenLifecycle.AuthorizationRequest";

    public const string Id = nameof(Id);
    public const string Holder = nameof(Holder);
    public const string Outcome = nameof(Outcome);

    /// <summary>The mark of the one call that redeemed it.</summary>
    public const string TakenBy = nameof(TakenBy);

    public const string ExpiresAt = nameof(ExpiresAt);

    /// <summary>Every property, with its column and type, in the order of the table's columns.</summary>
    public static readonly (string Name, string Column, Type ClrType, bool IsRequired)[] All =
    [
        (Id, "id", typeof(string), true),
        (Holder, "holder", typeof(string), true),
        (Outcome, "outcome", typeof(string), false),
        (TakenBy, "taken_by", typeof(Guid?), false),
        (ExpiresAt, "expires_at", typeof(DateTime), true),
    ];
}
