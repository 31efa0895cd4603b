using System.Collections;
using System.Reflection;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>Makes an instance of any type of the library, with a marked secret in every member that holds one.</summary>
internal static class Specimen
{
    private const int Deepest = 5;

    private static readonly string[] SecretWords = ["Secret", "Verifier", "AccessToken", "RefreshToken", "IdToken", "Assertion"];
    private static readonly string[] SecretNames = ["Token", "Code", "Value", "State"];

    private static readonly Dictionary<string, string> NotSecret = new()
    {
        ["TokenErrorRule.Value"] = "a word from the provider's documentation",
    };

    public static bool IsSecret(Type owner, string member) =>
        !NotSecret.ContainsKey($"{owner.Name}.{member}")
        && (SecretWords.Any(word => member.EndsWith(word, StringComparison.OrdinalIgnoreCase)) || SecretNames.Contains(member, StringComparer.OrdinalIgnoreCase));

    /// <summary>Makes one; <see langword="null"/> if the type cannot be made from outside.</summary>
    public static object? Of(Type type) => Make(type, owner: type, member: "", depth: 0);

    private static object? Make(Type type, Type owner, string member, int depth)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            type = underlying;
        if (type == typeof(string))
            return IsSecret(owner, member) ? Canary.New(member) : "plain";
        if (type == typeof(Uri))
            return new Uri("https://plain.example/");
        if (type == typeof(TimeProvider))
            return TimeProvider.System;
        if (type == typeof(DateTimeOffset))
            return DateTimeOffset.UnixEpoch;
        if (type.IsPrimitive || type.IsEnum || type == typeof(TimeSpan))
            return Activator.CreateInstance(type);
        if (typeof(IEnumerable).IsAssignableFrom(type))
            return Collection(type);
        if (depth > Deepest || !ShippedAssemblies.Names.Contains(type.Assembly.GetName().Name) || type.IsAbstract)
            return null;
        return Library(type, depth);
    }

    private static object? Collection(Type type)
    {
        if (type.IsAssignableFrom(typeof(Dictionary<string, string>)))
            return new Dictionary<string, string> { ["plain"] = "plain" };
        return type.IsAssignableFrom(typeof(List<string>)) ? new List<string> { "plain" } : null;
    }

    private static object? Library(Type type, int depth)
    {
        MethodBase? way = type.GetConstructors().MaxBy(static constructor => constructor.GetParameters().Length);
        way ??= type.GetMethods(BindingFlags.Public | BindingFlags.Static).Where(method => method.ReturnType == type && !method.IsSpecialName).MaxBy(static method => method.GetParameters().Length);
        if (way is null)
            return type.IsValueType ? Activator.CreateInstance(type) : null;

        object?[] arguments = [.. way.GetParameters().Select(parameter => Make(parameter.ParameterType, type, parameter.Name!, depth + 1))];
        object? made = Invoke(way, arguments);
        if (made is null)
            return null;

        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static property => property.SetMethod?.IsPublic == true && property.GetIndexParameters().Length == 0))
        {
            if (Make(property.PropertyType, type, property.Name, depth + 1) is { } value)
                property.SetValue(made, value);
        }

        return made;
    }

    private static object? Invoke(MethodBase way, object?[] arguments)
    {
        try
        {
            return way is ConstructorInfo constructor ? constructor.Invoke(arguments) : way.Invoke(obj: null, arguments);
        }
        catch (TargetInvocationException refused) when (refused.InnerException is ArgumentException)
        {
            return null; // It needs a service that cannot be made here.
        }
    }
}
