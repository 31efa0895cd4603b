using System.Diagnostics;

namespace CheckPackages;

/// <summary>A user's shell: a folder outside the repository, a feed with the packages in addition to the machine's feeds, and no package of an earlier run.</summary>
internal sealed class Shell
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(4);

    private readonly string _feed;
    private readonly string _packages;

    public Shell(string folder, string feed)
    {
        Folder = folder;
        _feed = feed;
        _packages = Path.Combine(folder, "packages");
        Directory.CreateDirectory(Path.Combine(folder, "secrets"));
        File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""
            <configuration>
              <packageSources>
                <add key="artifacts" value="{feed}" />
              </packageSources>
            </configuration>
            """);
    }

    public string Folder { get; }

    /// <summary>Runs commands until they exit.</summary>
    public async Task<(int ExitCode, string[] Output)> RunAsync(string folder, string commands, params (string Name, string Value)[] settings)
    {
        var output = new List<string>();
        int exitCode = await RunAsync(folder, commands, output.Add, settings);
        return (exitCode, [.. output]);
    }

    /// <summary>Runs commands until they print a line that contains <paramref name="sign"/>, runs an action, and interrupts them with Ctrl+C.</summary>
    /// <returns>The exit code and the output; the line is <see langword="null"/> if it was never printed.</returns>
    public async Task<(int ExitCode, string[] Output, string? Line)> RunUntilAsync(
        string folder, string commands, string sign, Func<string, Task> act, params (string Name, string Value)[] settings)
    {
        var output = new List<string>();
        var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using Process process = Start(folder, commands, settings);
        Task reading = ReadAsync(process, line =>
        {
            output.Add(line);
            if (line.Contains(sign, StringComparison.Ordinal))
                seen.TrySetResult(line);
        });
        _ = reading.ContinueWith(_ => seen.TrySetResult(null), TaskScheduler.Default);

        string? line = await seen.Task;
        try
        {
            if (line is not null)
                await act(line);
        }
        finally
        {
            // Signals the process group, like a terminal: "dotnet run" does not forward the signal to the program that it started.
            using Process kill = Process.Start("kill", ["-INT", "--", $"-{process.Id}"]);
            await kill.WaitForExitAsync();
            await reading;
        }

        return (process.ExitCode, [.. output], line);
    }

    /// <summary>Returns whether a project uses the package of the feed, byte for byte, and no other version.</summary>
    public bool HasInstalled(string id, string version)
    {
        string folder = Path.Combine(_packages, id.ToLowerInvariant());
        string[] versions = Directory.Exists(folder) ? [.. Directory.GetDirectories(folder).Select(static path => Path.GetFileName(path))] : [];
        return versions is [var only] && only == version
            && File.ReadAllBytes(Path.Combine(folder, version, $"{id.ToLowerInvariant()}.{version}.nupkg")).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_feed, $"{id}.{version}.nupkg")));
    }

    private async Task<int> RunAsync(string folder, string commands, Action<string> read, (string Name, string Value)[] settings)
    {
        using Process process = Start(folder, commands, settings);
        await ReadAsync(process, read);
        return process.ExitCode;
    }

    private static async Task ReadAsync(Process process, Action<string> read)
    {
        using var deadline = new CancellationTokenSource(Deadline, TimeProvider.System);
        deadline.Token.Register(() => process.Kill(entireProcessTree: true));
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
            read(line);
        await process.WaitForExitAsync(CancellationToken.None);
    }

    private Process Start(string folder, string commands, (string Name, string Value)[] settings)
    {
        // A separate session, so that the group has the process's id. Both streams are merged in their order.
        var start = new ProcessStartInfo("setsid", ["bash", "-e", "-o", "pipefail", "-c", $"exec 2>&1\n{commands}"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["NUGET_PACKAGES"] = _packages;
        start.Environment["APPDATA"] = Path.Combine(Folder, "secrets"); // The folder of user secrets, on any system.
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        // Build servers that run longer than a command would keep its output open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment.Remove("CI");
        foreach ((string name, string value) in settings)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
