using Microsoft.Extensions.Options;

namespace TokenLifecycle.Options;

/// <summary>Describes why settings could not be read, without their values: one of them may be a secret.</summary>
internal static class SettingsFailure
{
    public static string Describe(Exception failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is OptionsValidationException invalid)
                return string.Join(" ", invalid.Failures);

            // The message of the framework's binder names the setting, but also the value.
            if (NotConverted(cause.Message) is { } text)
                return text;
        }

        Exception origin = failure.GetBaseException();
        return $"{origin.GetType()} was thrown{(Origin(origin) ?? Origin(failure)) switch { { } place => $" by {place}", null => "" }}. Its message is not repeated here because it may contain the value of a setting.";
    }

    /// <summary>Reads what the binder says of a value: <c>Failed to convert configuration value '…' at 'path' to type 'type'.</c></summary>
    private static string? NotConverted(string message)
    {
        const string begin = "Failed to convert configuration value", at = "at '", to = "' to type '";
        int end = message.LastIndexOf('\''), type = message.LastIndexOf(to, StringComparison.Ordinal);
        int path = type < 0 ? -1 : message.LastIndexOf(at, type, StringComparison.Ordinal);
        return message.StartsWith(begin, StringComparison.Ordinal) && path > 0 && end > type + to.Length
            ? $"The value at \"{message[(path + at.Length)..type]}\" is not a valid {message[(type + to.Length)..end]}."
            : null;
    }

    /// <summary>Returns the method nearest to the failure that belongs to the app.</summary>
    private static string? Origin(Exception failure)
    {
        foreach (string line in failure.StackTrace?.Split('\n') ?? [])
        {
            ReadOnlySpan<char> frame = line.AsSpan().Trim();
            frame = frame[(frame.IndexOf(' ') + 1)..];
            if (frame.StartsWith("System.", StringComparison.Ordinal) || frame.StartsWith("Microsoft.", StringComparison.Ordinal) || !frame.Contains('('))
                continue;

            int end = frame.IndexOf(')');
            return frame[..(end < 0 ? frame.Length : end + 1)].ToString();
        }

        return null;
    }
}
