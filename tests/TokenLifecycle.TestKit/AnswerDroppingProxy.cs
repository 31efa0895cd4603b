using System.Net;
using System.Net.Sockets;

namespace TokenLifecycle.TestKit;

/// <summary>
/// A connection to a database that can be cut at the worst moment: the statement has been executed, and its answer has not arrived.
/// </summary>
public sealed class AnswerDroppingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly int _target;
    private readonly Task _accepting;
    private int _dropNext;
    private int _dropped;

    public AnswerDroppingProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Dropped => _dropped;

    /// <summary>Cuts the connection when the server answers next, in place of handing the answer on.</summary>
    /// <param name="after">How many answers pass before that.</param>
    public void DropNextAnswer(int after = 0) => Interlocked.Exchange(ref _dropNext, after + 1);

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting;
        _ended.Dispose();
    }

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
            await server.ConnectAsync(IPAddress.Loopback, _target, _ended.Token);
            Task asking = CopyAsync(client, server, isAnswer: false);
            Task answering = CopyAsync(server, client, isAnswer: true);
            await Task.WhenAny(asking, answering);
            client.Close();
            server.Close();
            await Task.WhenAll(asking, answering);
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, bool isAnswer)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _ended.Token) is > 0 and var read)
            {
                if (isAnswer && _dropNext > 0 && Interlocked.Decrement(ref _dropNext) == 0)
                {
                    Interlocked.Increment(ref _dropped);
                    return;
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
