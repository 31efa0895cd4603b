namespace TokenLifecycle.TestKit;

/// <summary>A test that mounts a volume of its own.</summary>
public sealed class VolumeFactAttribute : FactAttribute
{
    public VolumeFactAttribute()
    {
        if (!Volume.IsPermitted)
            Skip = "needs the right to mount a volume";
    }
}
