using System.Text.Json.Serialization;

namespace TokenLifecycle.AspNetCore;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuthorizationState))]
[JsonSerializable(typeof(AuthorizationResult))]
[JsonSerializable(typeof(FirstSignIn))]
internal sealed partial class AuthorizationJson : JsonSerializerContext;
