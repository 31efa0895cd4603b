namespace TokenLifecycle.Options;

/// <summary>Why settings were rejected.</summary>
/// <param name="Reason">The reason, without the values of settings.</param>
/// <param name="At">When they were last made.</param>
internal sealed record SettingsRejection(string Reason, long At);
