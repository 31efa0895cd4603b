using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Browser.Tests;

/// <summary>The sample as a user starts it: a process of its own, with the environment's word on what to use.</summary>
internal sealed class Dashboard : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly StringBuilder _said = new();
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("dashboard-");

    private Dashboard(Uri address, IEnumerable<(string Name, string Value)> environment)
    {
        Address = address;
        string configuration = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";
        string sample = RepositoryRoot.Combine("samples", "TrainingDashboard");
        var start = new ProcessStartInfo("dotnet", [Path.Combine(sample, "bin", configuration, "net10.0", "TrainingDashboard.dll"), "--urls", address.GetLeftPart(UriPartial.Authority)])
        {
            WorkingDirectory = sample,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["DataFolder"] = _data.FullName;
        foreach (string name in new[] { "STRAVA_CLIENT_ID", "STRAVA_CLIENT_SECRET", "TP_CLIENT_ID", "TP_CLIENT_SECRET", "ConnectionStrings__Tokens", "CORECLR_ENABLE_PROFILING" })
            start.Environment.Remove(name);
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;

        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.Exited += (_, _) => _listening.TrySetCanceled();
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public Uri Address { get; }

    /// <summary>Where it keeps what it keeps.</summary>
    public string DataFolder => _data.FullName;

    /// <summary>All that it has written so far.</summary>
    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    public static async Task<Dashboard> StartAsync(params (string Name, string Value)[] environment)
    {
        var dashboard = new Dashboard(FreeAddress(), environment);
        try
        {
            await dashboard._listening.Task.WaitAsync(Patience);
            return dashboard;
        }
        catch (Exception failure)
        {
            string said = dashboard.Said;
            await dashboard.DisposeAsync();
            throw new InvalidOperationException($"The sample did not start:\n{said}", failure);
        }
    }

    /// <summary>Starts it with settings that it must refuse: what it said, and its exit code.</summary>
    public static async Task<(int Code, string Said)> RefusedAsync(params (string Name, string Value)[] environment)
    {
        await using var dashboard = new Dashboard(FreeAddress(), environment);
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        await dashboard._process.WaitForExitAsync(patience.Token);
        return (dashboard._process.ExitCode, dashboard.Said);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _data.Delete(recursive: true);
    }

    private static Uri FreeAddress()
    {
        using var probe = new TcpListener(IPAddress.Loopback, port: 0);
        probe.Start();
        return new Uri($"http://localhost:{((IPEndPoint)probe.LocalEndpoint).Port}/");
    }

    private void Hear(string? line)
    {
        if (line is null)
            return;
        lock (_said)
            _said.AppendLine(line);
        if (line.Contains("Application started", StringComparison.Ordinal))
            _listening.TrySetResult();
    }
}
