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

    /// <summary>The id of the subscription; events of another are ignored.</summary>
    /// <value>The default value is <see langword="null"/>: not compared.</value>
    public long? SubscriptionId { get; set; }
}
