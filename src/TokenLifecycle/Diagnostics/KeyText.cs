using System.Diagnostics;

namespace TokenLifecycle.Diagnostics;

/// <summary>A connection as a line of the log names it. The text is made only if the line is written.</summary>
[DebuggerDisplay("{ToString(),nq}")]
internal readonly struct KeyText(TokenKey key, bool hasUserId)
{
    private readonly TokenKey _key = key;
    private readonly bool _hasUserId = hasUserId;

    public override string ToString() => _hasUserId ? _key.ToString() : _key.ToRedactedString();
}
