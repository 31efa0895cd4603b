namespace TokenLifecycle.Tests.Storage;

/// <summary>A test that watches or stops a process at its system calls.</summary>
internal sealed class StraceFactAttribute : FactAttribute
{
    private const string Strace = "/usr/bin/strace";

    public StraceFactAttribute()
    {
        if (!File.Exists(Strace))
            Skip = $"needs {Strace}";
    }
}
