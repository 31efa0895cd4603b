using Microsoft.Extensions.Options;

namespace TokenLifecycle.Options;

/// <summary>
/// Collects what is wrong with settings, so that one start names all of it. A message never quotes a setting that holds free text: a secret
/// pasted into the wrong line must not end up in the log.
/// </summary>
/// <param name="subject">Whose settings, as the message begins.</param>
/// <param name="section">The configuration section that the settings come from, in words.</param>
/// <param name="path">The same as a path such as <c>Strava</c>, if it is known.</param>
internal sealed class SettingProblems(string subject, string section, string? path = null)
{
    private readonly List<string> _messages = [];

    /// <summary>Notes a problem.</summary>
    /// <param name="setting">The property, as written in code: <c>ErrorRules[0].Kind</c>.</param>
    /// <param name="problem">What is wrong, continuing the setting's name: "is not set".</param>
    /// <param name="remedy">What to do, as a sentence without its full stop.</param>
    public void Add(string setting, string problem, string remedy) =>
        _messages.Add($"{subject}: {setting} {problem}. {remedy}: {Place(setting)}, or o.{setting} in code.");

    /// <summary>Notes a problem unless the condition holds.</summary>
    public void Require(bool condition, string setting, string problem, string remedy)
    {
        if (!condition)
            Add(setting, problem, remedy);
    }

    /// <summary>Notes a value that an enumeration does not have; a number binds to any.</summary>
    public void RequireDefined<T>(T value, string setting)
        where T : struct, Enum =>
        Require(Enum.IsDefined(value), setting, $"is {value:D}, which has no meaning", $"Choose one of {string.Join(", ", Enum.GetNames<T>())}");

    public ValidateOptionsResult ToResult() => _messages.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(_messages);

    private string Place(string setting) => path is null ? $"\"{Key(setting)}\" in {section}" : $"\"{path}:{Key(setting)}\" in configuration";

    private static string Key(string setting) => setting.Replace("[", ":", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Replace('.', ':');
}
