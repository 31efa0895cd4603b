namespace TokenLifecycle.EntityFramework.Rows;

/// <summary>What is stored of a redeemed request.</summary>
internal sealed record RedeemedRow(string Holder, Guid? TakenBy, string? Outcome);
