using System.Diagnostics;
using System.Text.Json.Serialization;

namespace TokenLifecycle.AspNetCore;

/// <summary>Settings of Strava's webhook.</summary>
[DebuggerDisplay("Strava webhook options (redacted)")]
public sealed class StravaWebhookOptions
{
    /// <summary>The name under which Strava was added.</summary>
    /// <value>The default value is <c>strava</c>.</value>
    public string Provider { get; set; } = "strava";

    /// <summary>The <c>verify_token</c> that the app gave when it created its subscription. Keep it with the client secret.</summary>
    [JsonIgnore]
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string VerifyToken { get; set; } = "";

    /// <summary>
    /// The id of the subscription; events of another are ignored. Set it, <see cref="PathSecret"/>, or both: an event has no other
    /// proof of its origin.
    /// </summary>
    /// <value>The default value is <see langword="null"/>: not compared.</value>
    public long? SubscriptionId { get; set; }

    /// <summary>
    /// An unguessable last part of the address, known to the app and Strava only: at least 16 letters, digits, hyphens or underscores. The
    /// <c>callback_url</c> to subscribe with is the path of the webhook, a slash, and this.
    /// </summary>
    /// <value>The default value is empty: the address has no such part.</value>
    [JsonIgnore]
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string PathSecret { get; set; } = "";
}
