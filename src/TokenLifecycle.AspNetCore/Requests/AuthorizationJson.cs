using System.Text.Json.Serialization;

namespace TokenLifecycle.AspNetCore;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuthorizationState))]
[JsonSerializable(typeof(AuthorizationResult))]
internal sealed partial class AuthorizationJson : JsonSerializerContext;
