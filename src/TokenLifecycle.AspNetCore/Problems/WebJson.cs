using System.Text.Json.Serialization;

namespace TokenLifecycle.AspNetCore;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TokenProblem))]
[JsonSerializable(typeof(ConnectionList))]
[JsonSerializable(typeof(ConnectionReport))]
[JsonSerializable(typeof(DisconnectReport))]
[JsonSerializable(typeof(Overview))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class WebJson : JsonSerializerContext;
