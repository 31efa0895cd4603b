using System.Diagnostics;
using System.Text;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.AspNetCore.Tests.Nodes;

/// <summary>A real process that serves the app.</summary>
internal sealed class WebNode : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _log = new();

    private WebNode(Process process)
    {
        _process = process;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
                _log.AppendLine(line.Data);
        };
        _process.BeginErrorReadLine();
    }

    public Uri Address { get; private set; } = null!;

    public int Id => _process.Id;

    public static async Task<WebNode> StartAsync(IReadOnlyDictionary<string, string> settings)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, [Path.Combine(AppContext.BaseDirectory, "TokenLifecycle.WebNode.dll")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach ((string name, string value) in settings)
            start.Environment["Node__" + name] = value;
        WebNode node = new(Process.Start(start)!);
        string? address = await node._process.StandardOutput.ReadLineAsync();
        if (address is null)
        {
            await node._process.WaitForExitAsync();
            throw new InvalidOperationException($"A node did not start: {node._log}");
        }

        node.Address = new Uri(address);
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        CanaryWatch.Inspect(_log.ToString());
    }
}
