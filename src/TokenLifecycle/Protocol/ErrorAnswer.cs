using System.Text.Json;

namespace TokenLifecycle.Protocol;

/// <summary>A response without tokens, as the classifier evaluates it.</summary>
internal sealed class ErrorAnswer
{
    /// <summary>The status as it was sent.</summary>
    public required int Status { get; init; }

    /// <summary>The status by which it is evaluated: an error that came with 200 is evaluated like one with 400 (C3).</summary>
    public int EffectiveStatus => Status is >= 200 and < 300 ? 400 : Status;

    /// <summary>The body, if it is JSON; also if the content type denies it, because a rule may know the provider better.</summary>
    public JsonElement? Body { get; init; }

    /// <summary>Whether the content type lets the body be read as an OAuth error.</summary>
    public bool IsJson { get; init; }

    public bool IsEmpty { get; init; }

    /// <summary>Whether all of it came; no code is read from a torn body.</summary>
    public bool IsComplete { get; init; }

    /// <summary>The error code that the <c>WWW-Authenticate</c> header names; null if it names none.</summary>
    public string? ChallengeCode { get; init; }
}
