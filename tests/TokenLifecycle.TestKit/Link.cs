using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace TokenLifecycle.TestKit;

/// <summary>A way to a server that can be cut in one direction: what is written that way is lost, as in a network that is parted, and no side is told.</summary>
public sealed class Link : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentDictionary<TcpClient, bool> _open = new();
    private readonly int _target;
    private readonly Task _accepting;
    private TaskCompletionSource _lost = New();
    private volatile bool _losesRequests;
    private volatile bool _losesAnswers;

    /// <param name="target">The server's port, on this machine.</param>
    public Link(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Ends when something has been lost since the last <see cref="LoseRequests"/> or <see cref="LoseAnswers"/>.</summary>
    public Task Lost => _lost.Task;

    /// <summary>Nothing gets to the server any more.</summary>
    public void LoseRequests() => (_lost, _losesRequests) = (New(), true);

    /// <summary>All gets to the server, and nothing back.</summary>
    public void LoseAnswers() => (_lost, _losesAnswers) = (New(), true);

    /// <summary>Passes both ways again. Connections that have lost something are cut, as they are when they find out.</summary>
    public void Heal()
    {
        (_losesRequests, _losesAnswers) = (false, false);
        foreach (TcpClient client in _open.Where(static connection => connection.Value).Select(static connection => connection.Key))
            client.Close();
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting;
        _ended.Dispose();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_ended.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        using (TcpClient server = new())
        {
            _open[client] = false;
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, _ended.Token);
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                return; // A connection came while the test ended.
            }

            Task asking = CopyAsync(client, client, server, () => _losesRequests);
            Task answering = CopyAsync(client, server, client, () => _losesAnswers);
            await Task.WhenAny(asking, answering);
            client.Close();
            server.Close();
            await Task.WhenAll(asking, answering);
            _open.TryRemove(client, out _);
        }
    }

    private async Task CopyAsync(TcpClient connection, TcpClient from, TcpClient to, Func<bool> loses)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _ended.Token) is > 0 and var read)
            {
                if (loses())
                {
                    _open[connection] = true;
                    _lost.TrySetResult();
                    continue;
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _ended.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The other side has gone.
        }
    }
}
