namespace TokenLifecycle.Diagnostics;

/// <summary>A logger that may be configured to name users.</summary>
internal interface INamesUsers
{
    bool MayNameUsers { get; }
}
