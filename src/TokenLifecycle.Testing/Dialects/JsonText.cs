using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TokenLifecycle.Testing.Dialects;

/// <summary>Writes JSON as the providers do: compact, in the order given, nothing escaped that need not be.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, TypeInfoResolver = JsonValues.Default };

    /// <summary>Members whose value is <see langword="null"/> are left out.</summary>
    public static string Write(IEnumerable<(string Name, object? Value)> members)
    {
        var json = new JsonObject();
        foreach ((string name, object? value) in members)
        {
            if (value is not null) json.Add(name, value as JsonNode ?? JsonSerializer.SerializeToNode(value, Plain.GetTypeInfo(value.GetType())));
        }

        return json.ToJsonString(Plain);
    }

    public static string Error(string error, string? description = null) => Write([("error", error), ("error_description", description)]);
}
