using System.Text.Json.Serialization;

namespace TokenLifecycle.Redis;

/// <summary>Serializers made at compile time.</summary>
[JsonSerializable(typeof(string[]))]
internal sealed partial class RowJsonContext : JsonSerializerContext;
