using System.Text.Json.Serialization;

namespace TokenLifecycle.Storage;

/// <summary>Serializers made at compile time: no reflection, so trimming and ahead-of-time compilation leave them whole.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(StoredTokenEnvelope))]
[JsonSerializable(typeof(SingleWriterLeaseJson))]
internal sealed partial class StoredTokenJsonContext : JsonSerializerContext;
