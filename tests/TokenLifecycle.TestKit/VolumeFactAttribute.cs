namespace TokenLifecycle.Tests.Storage;

/// <summary>A test that mounts a volume of its own.</summary>
internal sealed class VolumeFactAttribute : FactAttribute
{
    public VolumeFactAttribute()
    {
        if (!Volume.IsPermitted)
            Skip = "needs the right to mount a volume";
    }
}
