using System.Text.Json.Serialization;

namespace TokenLifecycle.AspNetCore;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FlowState))]
[JsonSerializable(typeof(FlowOutcome))]
internal sealed partial class FlowJson : JsonSerializerContext;
