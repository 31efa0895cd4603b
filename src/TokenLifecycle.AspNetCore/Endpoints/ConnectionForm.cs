namespace TokenLifecycle.AspNetCore;

/// <summary>The fields of a form, for documents only: forms are read by their bounds.</summary>
internal sealed class ConnectionForm
{
    /// <summary>Which of several connections; the default one if it is not there.</summary>
    public string? Connection { get; init; }

    /// <summary>A path of the app, to go to afterwards.</summary>
    public string? ReturnUrl { get; init; }
}
