using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.DependencyInjection;

/// <summary>Makes the settings of one name, and falls back to the last valid ones.</summary>
/// <param name="name">The name.</param>
/// <param name="factory">Makes settings, and may throw anything.</param>
/// <param name="time">The clock.</param>
/// <param name="rejected">Called when settings were rejected, while others wait for them: it must neither throw nor wait.</param>
internal sealed class LastGoodEntry<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
    string name, IOptionsFactory<TOptions> factory, TimeProvider time, Action rejected)
    where TOptions : class
{
    private TOptions? _lastGood;
    private SettingsRejection? _rejection;
    private string? _reported;
    private Func<TOptions>? _make;

    /// <summary>Makes the settings. Kept: they are read at every turn, and a delegate for each would be garbage.</summary>
    public Func<TOptions> Make => _make ??= Create;

    /// <summary>What the settings are called in logs and reports.</summary>
    public string Subject => name.Length == 0 ? typeof(TOptions).Name : $"{typeof(TOptions).Name} \"{name}\"";

    /// <summary>Why the current settings are not used; null if they are.</summary>
    public SettingsRejection? Rejection => Volatile.Read(ref _rejection);

    /// <summary>Returns whether this caller makes the settings again; one of all who read them meanwhile.</summary>
    public bool TryTakeTurn(SettingsRejection old) => ReferenceEquals(Interlocked.CompareExchange(ref _rejection, old with { At = time.GetTimestamp() }, old), old);

    /// <summary>Returns whether this reason was not reported last.</summary>
    public bool TryReport(string? reason) => !string.Equals(Interlocked.Exchange(ref _reported, reason), reason, StringComparison.Ordinal);

    private TOptions Create()
    {
        TOptions made;
        try
        {
            made = factory.Create(name);
        }
        catch (Exception failure) when (Volatile.Read(ref _lastGood) is not null)
        {
            Volatile.Write(ref _rejection, new SettingsRejection(SettingsFailure.Describe(failure), time.GetTimestamp()));
            rejected();
            return _lastGood!;
        }

        Volatile.Write(ref _lastGood, made);
        Volatile.Write(ref _rejection, null);
        return made;
    }
}
