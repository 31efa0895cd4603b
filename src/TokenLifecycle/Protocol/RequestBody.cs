using System.Buffers;
using System.Text;
using System.Text.Json;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>Writes the fields of a request as a form or as JSON.</summary>
internal static class RequestBody
{
    public static SingleUseContent Write(IReadOnlyCollection<KeyValuePair<string, string>> fields, TokenRequestFormat format) =>
        format == TokenRequestFormat.Json
            ? new SingleUseContent(Json(fields), "application/json")
            : new SingleUseContent(Encoding.ASCII.GetBytes(FormEncoding.Join(fields)), FormEncoding.MediaType);

    private static byte[] Json(IReadOnlyCollection<KeyValuePair<string, string>> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        foreach ((string name, string value) in fields)
            writer.WriteString(name, value);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
