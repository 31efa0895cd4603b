using System.Buffers;
using System.Net;
using System.Text.Json;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Turns a form-encoded response, as a few providers send it, into the JSON that it stands for, so that one reader reads both. Anything
/// else is returned unchanged.
/// </summary>
internal static class FormReply
{
    private const int MaxFields = 64;

    private static readonly SearchValues<byte> FormBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+%=&*!'()|:/,;@$?"u8);

    public static BackChannelReply ToJson(BackChannelReply answer)
    {
        ReadOnlySpan<byte> body = answer.Body.Span.Trim(" \t\r\n"u8);
        // Of a truncated form the last field may be cut; the ones before are whole, and one of them may be the only copy of a refresh
        // token.
        if (!answer.IsComplete)
            body = body[..Math.Max(body.LastIndexOf((byte)'&'), 0)];
        // A page, a text and JSON hold at least one other byte.
        if (body.IsEmpty || body.ContainsAnyExcept(FormBytes))
            return answer;

        List<(string Name, string Value)> fields = FieldsOf(System.Text.Encoding.ASCII.GetString(body));
        bool isReply = fields.Count <= MaxFields && fields.Exists(static field => field.Name is "access_token" or "error");
        return isReply ? answer with { Body = Write(fields), MediaType = "application/json" } : answer;
    }

    private static List<(string Name, string Value)> FieldsOf(string text)
    {
        var fields = new List<(string, string)>();
        foreach (string pair in text.Split('&', MaxFields + 1, StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            fields.Add(equals < 0 ? (WebUtility.UrlDecode(pair), "") : (WebUtility.UrlDecode(pair[..equals]), WebUtility.UrlDecode(pair[(equals + 1)..])));
        }

        return fields;
    }

    private static byte[] Write(List<(string Name, string Value)> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        writer.WriteStartObject();
        foreach ((string name, string value) in fields)
            writer.WriteString(name, value);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
