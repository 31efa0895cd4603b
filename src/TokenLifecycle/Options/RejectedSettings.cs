using System.Collections.Concurrent;

namespace TokenLifecycle.Options;

/// <summary>Knows which reloaded settings are not used because they cannot be read or are not valid, and why.</summary>
internal sealed class RejectedSettings
{
    private readonly ConcurrentDictionary<string, string> _reasons = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<Action> _readers = [];

    /// <summary>
    /// Adds a reader of settings. Settings are read when they are used, so a report first reads those that no one has used since the last
    /// reload.
    /// </summary>
    /// <param name="read">Reads the settings. Must not throw.</param>
    public void AddReader(Action read) => _readers.Add(read);

    /// <summary>Notes why settings are not used; <see langword="null"/> if they are.</summary>
    public void Set(string settings, string? reason)
    {
        if (reason is null)
            _reasons.TryRemove(settings, out _);
        else
            _reasons[settings] = reason;
    }

    /// <summary>Reads what was reloaded and returns the settings that are not used, each with the reason.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Find()
    {
        foreach (Action read in _readers)
            read();
        return [.. _reasons.OrderBy(static rejected => rejected.Key, StringComparer.Ordinal)];
    }
}
