using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace TokenLifecycle.Outage;

/// <summary>A port before the server's, so that the server can be away as machines are: nobody listens there, or somebody does and never says a word.</summary>
internal sealed class Door : IAsyncDisposable
{
    private readonly IPEndPoint _server;
    private readonly ConcurrentDictionary<TcpClient, bool> _open = new();
    private readonly CancellationTokenSource _ended = new();
    private TcpListener _listener = new(IPAddress.Loopback, 0);
    private volatile bool _isSilent;
    private volatile bool _isOpen = true;

    public Door(Uri server)
    {
        _server = new IPEndPoint(IPAddress.Loopback, server.Port);
        Listen();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
    }

    public int Port { get; }

    /// <summary>Whether what comes in gets to the server.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>Nobody listens any more, and open connections are cut.</summary>
    public void Close()
    {
        _isOpen = false;
        _listener.Stop();
        Cut();
    }

    /// <summary>Listens, but passes nothing on.</summary>
    public void OpenSilently()
    {
        Close();
        _isSilent = true;
        ListenAgain();
    }

    public void Open()
    {
        Close();
        _isSilent = false;
        ListenAgain();
        _isOpen = true;
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        Close();
        _ended.Dispose();
    }

    private void ListenAgain()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        Listen();
    }

    private void Listen()
    {
        _listener.Start();
        _ = AcceptAsync(_listener);
    }

    private void Cut()
    {
        foreach (TcpClient client in _open.Keys)
            client.Dispose();
        _open.Clear();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
                _ = PassOnAsync(await listener.AcceptTcpClientAsync(_ended.Token));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Closed.
        }
    }

    private async Task PassOnAsync(TcpClient client)
    {
        _open[client] = true;
        if (_isSilent)
            return;

        using var server = new TcpClient();
        try
        {
            (client.NoDelay, server.NoDelay) = (true, true);
            await server.ConnectAsync(_server, _ended.Token);
            await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream(), _ended.Token), server.GetStream().CopyToAsync(client.GetStream(), _ended.Token));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut from one of its sides.
        }
        finally
        {
            _open.TryRemove(client, out _);
            client.Dispose();
        }
    }
}
