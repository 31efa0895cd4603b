using System.Text.Json.Serialization;

namespace TokenLifecycle.AspNetCore;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FlowState))]
[JsonSerializable(typeof(FlowOutcome))]
[JsonSerializable(typeof(FirstSignIn))]
internal sealed partial class FlowJson : JsonSerializerContext;
