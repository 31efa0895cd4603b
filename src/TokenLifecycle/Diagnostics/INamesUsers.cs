namespace TokenLifecycle.Diagnostics;

/// <summary>A logger that may have been told to name users.</summary>
internal interface INamesUsers
{
    bool MayNameUsers { get; }
}
