using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TokenLifecycle.Tests.Protocol;

/// <summary>One request as it came over the wire.</summary>
internal sealed record RawRequest(string Line, IReadOnlyList<KeyValuePair<string, string>> Headers, string Body)
{
    public string? this[string name] => Headers.Where(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value).SingleOrDefault();

    /// <summary>The fields of a form body; fails on a repeated one.</summary>
    public Dictionary<string, string> Form => Body.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('='))
        .ToDictionary(p => WebUtility.UrlDecode(p[0]), p => WebUtility.UrlDecode(p[1]), StringComparer.Ordinal);
}

/// <summary>Writes the answer to one request; false closes the connection after it.</summary>
internal delegate Task<bool> RawAnswer(RawRequest request, Stream wire, CancellationToken stop);

/// <summary>A server on a real socket that does exactly what it is told, right or wrong, and remembers what reached it.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<RawRequest> _requests = new();
    private readonly ConcurrentBag<Task> _work = [];
    private readonly RawAnswer _answer;
    private readonly Func<Stream, Task<Stream>>? _secure;
    private readonly Task _accepting;
    private int _connections;

    public RawServer(RawAnswer answer, Func<Stream, Task<Stream>>? secure = null)
    {
        _answer = answer;
        _secure = secure;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public RawServer(string answer)
        : this(async (_, wire, stop) =>
        {
            await wire.WriteAsync(Encoding.UTF8.GetBytes(answer), stop);
            return true;
        })
    {
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Origin => $"http://127.0.0.1:{Port}";

    public IReadOnlyList<RawRequest> Requests => [.. _requests];

    public int Connections => Volatile.Read(ref _connections);

    public static string Response(string body, string status = "200 OK", string type = "application/json", string headers = "") =>
        $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{headers}\r\n{body}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        await Task.WhenAll(_work);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                _work.Add(ServeAsync(client));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                Stream wire = client.GetStream();
                if (_secure is not null)
                    wire = await _secure(wire);
                while (await ReadAsync(wire) is { } request)
                {
                    _requests.Enqueue(request);
                    if (!await _answer(request, wire, _stop.Token))
                        return;
                }
            }
            catch (Exception)
            {
                // The client went away, which half of these tests want.
            }
        }
    }

    private async Task<RawRequest?> ReadAsync(Stream wire)
    {
        var head = new List<byte>();
        byte[] one = new byte[1];
        while (!EndsWith(head, "\r\n\r\n"u8))
        {
            if (await wire.ReadAsync(one, _stop.Token) == 0)
                return null;
            head.Add(one[0]);
        }

        string[] lines = Encoding.Latin1.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        List<KeyValuePair<string, string>> headers = [.. lines.Skip(1).Select(l => l.Split(": ", 2)).Select(p => KeyValuePair.Create(p[0], p.Length > 1 ? p[1] : ""))];
        string? length = headers.Where(h => h.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)).Select(h => h.Value).SingleOrDefault();
        byte[] body = new byte[length is null ? 0 : int.Parse(length, System.Globalization.CultureInfo.InvariantCulture)];
        await wire.ReadExactlyAsync(body, _stop.Token);
        return new RawRequest(lines[0], headers, Encoding.UTF8.GetString(body));
    }

    private static bool EndsWith(List<byte> bytes, ReadOnlySpan<byte> end) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes).EndsWith(end);
}
