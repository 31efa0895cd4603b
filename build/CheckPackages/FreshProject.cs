using System.Text.RegularExpressions;

namespace CheckPackages;

/// <summary>A project that is made, filled and run as a readme says, word for word.</summary>
internal sealed partial class FreshProject(Report report, Shell shell, string name, Recipe recipe, bool isPreview)
{
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(shell.Folder, Path.GetRandomFileName())).FullName;

    public Recipe Recipe => recipe;

    private string Project => Path.Combine(_folder, recipe.Folder);

    public async Task CreateAsync()
    {
        // A preview is only found by those who ask for one.
        string commands = isPreview ? OwnPackage().Replace(recipe.SetUp, "$0 --prerelease") : recipe.SetUp;
        (int exitCode, string[] output) = await shell.RunAsync(_folder, commands);
        if (exitCode != 0 || !Directory.Exists(Project))
            throw new InvalidOperationException($"{name}: the commands that make the project ended with {exitCode}:\n{string.Join('\n', output)}");
        await File.WriteAllTextAsync(Path.Combine(Project, "Program.cs"), recipe.Program);
    }

    /// <summary>Runs it to its end and compares what it says with the readme.</summary>
    public async Task RunAsync(params (string Name, string Value)[] settings)
    {
        (int exitCode, string[] output) = await shell.RunAsync(Project, recipe.Run, settings);
        Expect(exitCode, output, recipe.Run.Trim());
        ExpectOutput(output);
        report.Worked(name, $"said \"{output.LastOrDefault()}\"");
    }

    /// <summary>Publishes it trimmed, where any warning is an error, and runs that.</summary>
    public async Task RunTrimmedAsync()
    {
        (int exitCode, string[] output) = await shell.RunAsync(
            Project, "dotnet publish --use-current-runtime -p:PublishTrimmed=true -p:TrimmerSingleWarn=false -warnaserror -o ../trimmed -v quiet");
        Expect(exitCode, output, "dotnet publish, trimmed");
        (exitCode, output) = await shell.RunAsync(_folder, $"trimmed/{recipe.Folder}");
        Expect(exitCode, output, "the trimmed program");
        ExpectOutput(output);
        long size = Directory.EnumerateFiles(Path.Combine(_folder, "trimmed")).Sum(static file => new FileInfo(file).Length);
        report.Step($"{name}: the same published trimmed, {size / 1024 / 1024} MB with runtime and simulated provider");
    }

    /// <summary>Runs it until it says something, does something with it, and stops it as Ctrl+C would.</summary>
    public async Task RunUntilAsync(string sign, Func<string, Task> act, params (string Name, string Value)[] settings)
    {
        (int exitCode, string[] output, string? line) = await shell.RunUntilAsync(Project, recipe.Run, sign, act, settings);
        report.Check(line is not null, $"{name}: it never said \"{sign}\":\n{string.Join('\n', output)}");
        Expect(exitCode, output, $"{recipe.Run.Trim()}, ended with Ctrl+C,");
        ExpectOutput(output);
        report.Worked(name, line is null ? "did not come up" : $"said \"{line.Trim()}\" and stopped when told to");
    }

    private void Expect(int exitCode, string[] output, string what)
    {
        report.Check(exitCode == 0, $"{name}: {what} ended with {exitCode}:\n{string.Join('\n', output)}");
        // NU1603: a template names a patch of its own, which a feed need not hold.
        string[] warnings = [.. output.Where(static line => Warning().IsMatch(line)).Distinct()];
        report.Check(warnings.All(static line => line.Contains(" NU1603: ", StringComparison.Ordinal)), $"{name}: {what} warns:\n{string.Join('\n', warnings)}");
    }

    private void ExpectOutput(string[] output)
    {
        int next = 0;
        foreach (string line in output)
        {
            if (next < recipe.Output.Length && line == recipe.Output[next])
                next++;
        }

        report.Check(next == recipe.Output.Length, $"{name}: the readme shows \"{recipe.Output.ElementAtOrDefault(next)}\", but this was said:\n{string.Join('\n', output)}");
    }

    [GeneratedRegex(@"^dotnet add package TokenLifecycle[\w.]*$", RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex OwnPackage();

    [GeneratedRegex(@"warning [A-Z]+\d+: ", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Warning();
}
