using System.Text.Json.Serialization;

namespace TokenLifecycle.Testing.Dialects;

/// <summary>
/// What a reply's members are made of, known when the package is built: the server also answers in a program that was published trimmed.
/// </summary>
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(long))]
internal sealed partial class JsonValues : JsonSerializerContext;
