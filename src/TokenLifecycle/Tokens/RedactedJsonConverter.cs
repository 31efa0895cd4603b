using System.Text.Json;
using System.Text.Json.Serialization;

namespace TokenLifecycle;

/// <summary>
/// Writes what the type prints of itself, and reads nothing. (Leaving out single members is not enough: a required one cannot be ignored.)
/// </summary>
internal sealed class RedactedJsonConverter<T> : JsonConverter<T>
    where T : class
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException($"{typeof(T).Name} holds secrets and is not read from JSON.");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
