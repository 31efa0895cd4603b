using System.Text.Json;

namespace TokenLifecycle.Diagnostics;

/// <summary>Attribute values as OpenTelemetry has them: lower case, separated by underscores.</summary>
internal static class TelemetryNames
{
    /// <summary>The value for a provider that is not registered: names that callers make up must not become time series.</summary>
    public const string OtherProvider = "_OTHER";

    public static string Of<TEnum>(TEnum value)
        where TEnum : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
