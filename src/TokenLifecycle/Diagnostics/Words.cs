using System.Text.Json;

namespace TokenLifecycle.Diagnostics;

/// <summary>Attribute values as OpenTelemetry has them: lower case, parted by underscores.</summary>
internal static class Words
{
    /// <summary>What stands in place of a provider's name that nobody registered: names that callers make up must not become time series.</summary>
    public const string OtherProvider = "_OTHER";

    public static string Of<TEnum>(TEnum value)
        where TEnum : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
