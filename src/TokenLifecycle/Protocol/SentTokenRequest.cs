using TokenLifecycle.Diagnostics;
using TokenLifecycle.Options;

namespace TokenLifecycle.Protocol;

/// <summary>Where and when a token request was made.</summary>
internal readonly record struct SentTokenRequest(Uri Endpoint, OAuthGrantType Grant, SpanTime Time);
