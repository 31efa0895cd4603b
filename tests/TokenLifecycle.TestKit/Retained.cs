using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace TokenLifecycle.TestKit;

/// <summary>
/// Counts what a process keeps: the elements of every collection that can be reached from the library's singletons, by the field that holds it. A collection that nobody has thought
/// of is counted, too.
/// </summary>
public static class Retained
{
    private const int MostLookedInto = 50;

    /// <summary>The library's assemblies, and the cache of options that one of its types wraps.</summary>
    private static readonly string[] Own = ["TokenLifecycle", "TokenLifecycle.AspNetCore", "TokenLifecycle.EntityFramework", "TokenLifecycle.EntityFramework.PostgreSql", "Microsoft.Extensions.Options"];

    /// <summary>Counts.</summary>
    /// <param name="services">The built container.</param>
    /// <param name="registrations">What it was built from.</param>
    public static IReadOnlyDictionary<string, int> By(IServiceProvider services, IServiceCollection registrations)
    {
        while (true)
        {
            try
            {
                return Count(services, registrations);
            }
            catch (InvalidOperationException)
            {
                // Another thread changed a collection while it was looked into.
            }
        }
    }

    private static Dictionary<string, int> Count(IServiceProvider services, IServiceCollection registrations)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        foreach (Type type in registrations.Where(static service => service.Lifetime == ServiceLifetime.Singleton && !service.ServiceType.ContainsGenericParameters).Select(static service => service.ServiceType).Distinct())
        {
            if (IsOwn(type) || type.GenericTypeArguments.Any(IsOwn) || type.Name == "IHostedService")
            {
                foreach (object? root in services.GetServices(type))
                    Walk(root, type.Name, counts, seen);
            }
        }

        return counts;
    }

    /// <summary>Returns the collections that have grown by more than a few elements.</summary>
    public static IReadOnlyList<string> Grown(IReadOnlyDictionary<string, int> before, IReadOnlyDictionary<string, int> after, int by = 16) =>
        [.. after.Where(now => now.Value - before.GetValueOrDefault(now.Key) > by).Select(now => $"{now.Key}: {before.GetValueOrDefault(now.Key)} -> {now.Value}").Order(StringComparer.Ordinal)];

    private static void Walk(object? value, string path, Dictionary<string, int> counts, HashSet<object> seen)
    {
        if (value is null or string or Type or Task || (!value.GetType().IsValueType && !seen.Add(value)))
            return;

        if (value is Delegate call)
        {
            foreach (Delegate one in call.GetInvocationList())
                Walk(one.Target, path, counts, seen);
            return;
        }

        if (CountOf(value) is { } count)
        {
            counts[path] = counts.GetValueOrDefault(path) + count;
            if (value is not IEnumerable elements)
                return;
            foreach (object? element in elements.Cast<object?>().Take(MostLookedInto))
                Walk(element, path + "[]", counts, seen);
            return;
        }

        Type type = value.GetType();
        if (type.IsGenericType && type.Name.StartsWith("KeyValuePair", StringComparison.Ordinal))
        {
            Walk(type.GetProperty("Value")!.GetValue(value), path, counts, seen);
            return;
        }

        if (type.IsGenericType && type.Name.StartsWith("Lazy", StringComparison.Ordinal))
            return;

        bool isTuple = type.IsGenericType && typeof(ITuple).IsAssignableFrom(type);
        if (!IsOwn(type) && !isTuple)
            return;
        for (Type? declared = type; declared is not null && (IsOwn(declared) || isTuple); declared = declared.BaseType)
        {
            foreach (FieldInfo field in declared.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            {
                if (!field.FieldType.IsPointer && !field.FieldType.IsByRefLike && !field.FieldType.IsPrimitive)
                    Walk(field.GetValue(value), $"{declared.Name}.{field.Name}", counts, seen);
            }
        }
    }

    private static int? CountOf(object value) => value switch
    {
        Array array => array.Length,
        ICollection collection => collection.Count,
        IEnumerable when value.GetType().GetProperty("Count") is { } property && property.PropertyType == typeof(int) && !IsOwn(value.GetType()) => (int)property.GetValue(value)!,
        _ => null,
    };

    private static bool IsOwn(Type type) => Own.Contains(type.Assembly.GetName().Name, StringComparer.Ordinal);
}
