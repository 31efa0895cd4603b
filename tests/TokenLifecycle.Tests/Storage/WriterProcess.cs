using System.Diagnostics;
using System.Globalization;

namespace TokenLifecycle.Tests.Storage;

/// <summary>A real process that uses a token folder. It starts with a umask of 0, so that nothing but the store itself keeps others out.</summary>
internal sealed class WriterProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _said = [];

    private WriterProcess(Process process) => _process = process;

    /// <summary>The last generation it was told is saved.</summary>
    public int Reported => _said.Count == 0 ? 0 : int.Parse(_said[^1], CultureInfo.InvariantCulture);

    /// <summary>Starts it, if wanted under another command.</summary>
    public static WriterProcess Start(string[] arguments, string[]? under = null)
    {
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        string writer = Path.Combine(AppContext.BaseDirectory, "TokenLifecycle.FileWriter.dll");
        foreach (string argument in (string[])["-c", "umask 0; exec \"$@\"", "sh", .. under ?? [], Environment.ProcessPath!, writer, .. arguments])
            start.ArgumentList.Add(argument);
        start.Environment["DOTNET_TieredPGO"] = "0";
        return new WriterProcess(Process.Start(start)!);
    }

    /// <summary>Tells it something.</summary>
    public void Tell(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>The next line it says; <see langword="null"/> when it has ended.</summary>
    public async Task<string?> HearAsync()
    {
        string? line = await _process.StandardOutput.ReadLineAsync();
        if (line is not null)
            _said.Add(line);
        return line;
    }

    /// <summary>Kills it with SIGKILL, in the middle of whatever it does.</summary>
    public Task KillAsync()
    {
        _process.Kill();
        return EndAsync();
    }

    /// <summary>Stops it with SIGSTOP, in the middle of whatever it does; it goes on no more.</summary>
    public async Task StopAsync()
    {
        using Process kill = Process.Start("/bin/kill", ["-STOP", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Hears it out.</summary>
    public async Task<int> EndAsync()
    {
        while (await HearAsync() is not null)
        {
        }

        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
