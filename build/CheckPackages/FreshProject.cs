using System.Text.RegularExpressions;

namespace CheckPackages;

/// <summary>Creates, fills and runs a project with exactly the commands and the program of a readme.</summary>
internal sealed partial class FreshProject(Report report, Shell shell, string name, Recipe recipe, bool isPreview)
{
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(shell.Folder, Path.GetRandomFileName())).FullName;

    public Recipe Recipe => recipe;

    private string Project => Path.Combine(_folder, recipe.Folder);

    public async Task CreateAsync()
    {
        // NuGet finds a preview only with --prerelease.
        string commands = isPreview ? OwnPackage().Replace(recipe.SetUp, "$0 --prerelease") : recipe.SetUp;
        (int exitCode, string[] output) = await shell.RunAsync(_folder, commands);
        if (exitCode != 0 || !Directory.Exists(Project))
            throw new InvalidOperationException($"{name}: the commands that create the project exited with {exitCode}:\n{string.Join('\n', output)}");
        await File.WriteAllTextAsync(Path.Combine(Project, "Program.cs"), recipe.Program);
    }

    /// <summary>Runs the program until it exits and compares its output with the readme.</summary>
    public async Task RunAsync(params (string Name, string Value)[] settings)
    {
        (int exitCode, string[] output) = await shell.RunAsync(Project, recipe.Run, settings);
        Expect(exitCode, output, recipe.Run.Trim());
        ExpectOutput(output);
        report.Worked(name, $"printed \"{output.LastOrDefault()}\"");
    }

    /// <summary>Publishes the program trimmed, with warnings as errors, and runs it.</summary>
    public async Task RunTrimmedAsync()
    {
        (int exitCode, string[] output) = await shell.RunAsync(
            Project, "dotnet publish --use-current-runtime -p:PublishTrimmed=true -p:TrimmerSingleWarn=false -warnaserror -o ../trimmed -v quiet");
        Expect(exitCode, output, "dotnet publish, trimmed");
        (exitCode, output) = await shell.RunAsync(_folder, $"trimmed/{recipe.Folder}");
        Expect(exitCode, output, "the trimmed program");
        ExpectOutput(output);
        long size = Directory.EnumerateFiles(Path.Combine(_folder, "trimmed")).Sum(static file => new FileInfo(file).Length);
        report.Step($"{name}: published trimmed, {size / 1024 / 1024} MB with runtime and simulated provider");
    }

    /// <summary>Runs the program until it prints a line, runs an action, and stops the program with Ctrl+C.</summary>
    public async Task RunUntilAsync(string sign, Func<string, Task> act, params (string Name, string Value)[] settings)
    {
        (int exitCode, string[] output, string? line) = await shell.RunUntilAsync(Project, recipe.Run, sign, act, settings);
        report.Check(line is not null, $"{name}: it never printed \"{sign}\":\n{string.Join('\n', output)}");
        Expect(exitCode, output, $"{recipe.Run.Trim()}, stopped with Ctrl+C,");
        ExpectOutput(output);
        report.Worked(name, line is null ? "did not start" : $"printed \"{line.Trim()}\" and stopped on Ctrl+C");
    }

    private void Expect(int exitCode, string[] output, string what)
    {
        report.Check(exitCode == 0, $"{name}: {what} exited with {exitCode}:\n{string.Join('\n', output)}");
        // NU1603: a template names a specific patch, which a feed may not contain.
        string[] warnings = [.. output.Where(static line => Warning().IsMatch(line)).Distinct()];
        report.Check(warnings.All(static line => line.Contains(" NU1603: ", StringComparison.Ordinal)), $"{name}: {what} printed warnings:\n{string.Join('\n', warnings)}");
    }

    private void ExpectOutput(string[] output)
    {
        int next = 0;
        foreach (string line in output)
        {
            if (next < recipe.Output.Length && line == recipe.Output[next])
                next++;
        }

        report.Check(next == recipe.Output.Length, $"{name}: the readme shows \"{recipe.Output.ElementAtOrDefault(next)}\", but this was printed:\n{string.Join('\n', output)}");
    }

    [GeneratedRegex(@"^dotnet add package TokenLifecycle[\w.]*$", RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex OwnPackage();

    [GeneratedRegex(@"warning [A-Z]+\d+: ", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Warning();
}
