namespace TokenLifecycle.Testing.Web;

/// <summary>The four places where faults can be scripted.</summary>
internal sealed record FrontEndpoints(ScriptedEndpoint Authorization, ScriptedEndpoint Token, ScriptedEndpoint Revocation, ScriptedEndpoint Api);
