namespace TokenLifecycle.Connections;

/// <summary>Why a token set is not stored.</summary>
/// <param name="Fault">The kind.</param>
/// <param name="Message">The member and what to do; never a value.</param>
internal readonly record struct TokenSetProblem(TokenSetFault Fault, string Message);
