using System.Net;
using System.Net.Sockets;

namespace TokenLifecycle.Protocol;

/// <summary>
/// Connects to all addresses of a host, each a moment after the previous one, and uses the first connection that succeeds (RFC 8305): one
/// address that never responds must not make a provider unreachable. IPv6 and IPv4 addresses alternate.
/// </summary>
internal sealed class StaggeredConnector(TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
{
    /// <summary>The connection attempt delay of RFC 8305 section 5.</summary>
    public static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(250);

    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve = resolve ?? Dns.GetHostAddressesAsync;

    /// <summary>Connects for <see cref="SocketsHttpHandler.ConnectCallback"/>, whose token is canceled at the connect timeout.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        DnsEndPoint target = context.DnsEndPoint;
        IPAddress[] addresses = IPAddress.TryParse(target.Host, out IPAddress? literal)
            ? [literal]
            : InTurn(await _resolve(target.Host, cancellationToken).ConfigureAwait(false));
        if (addresses.Length == 0)
            throw new SocketException((int)SocketError.HostNotFound);

        return new NetworkStream(await RaceAsync(addresses, target.Port, cancellationToken).ConfigureAwait(false), ownsSocket: true);
    }

    /// <summary>
    /// Orders addresses so that the families alternate, starting with the family of the first address, which the system prefers.
    /// </summary>
    internal static IPAddress[] InTurn(IPAddress[] addresses)
    {
        IEnumerable<(IPAddress Address, int Turn)> numbered = addresses
            .GroupBy(static address => address.AddressFamily)
            .SelectMany(static (family, place) => family.Select((address, index) => (address, (index * 2) + Math.Min(place, 1))));
        return [.. numbered.OrderBy(static one => one.Turn).Select(static one => one.Address)];
    }

    private async Task<Socket> RaceAsync(IPAddress[] addresses, int port, CancellationToken cancellationToken)
    {
        using var race = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task<Socket>> running = [];
        Exception? first = null;
        int next = 0;
        try
        {
            while (true)
            {
                if (next < addresses.Length)
                    running.Add(AttemptAsync(addresses[next++], port, race.Token));
                if (running.Count == 0)
                    throw first!;

                Task<Socket> ended = await NextAsync(running, isLast: next == addresses.Length, race.Token).ConfigureAwait(false);
                if (ended.IsCompletedSuccessfully)
                {
                    running.Remove(ended);
                    return ended.Result;
                }

                // After a failed attempt the next one starts immediately. A slow attempt continues in parallel.
                if (ended.IsCompleted)
                {
                    running.Remove(ended);
                    first ??= ended.Exception?.GetBaseException() ?? new SocketException((int)SocketError.OperationAborted);
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }
        finally
        {
            await race.CancelAsync().ConfigureAwait(false);
            foreach (Task<Socket> loser in running)
                _ = CloseAsync(loser);
        }
    }

    /// <summary>Returns the attempt that ends next, or the latest one, still running, when it is time to start another.</summary>
    private async Task<Task<Socket>> NextAsync(List<Task<Socket>> running, bool isLast, CancellationToken cancellationToken)
    {
        Task<Task<Socket>> any = Task.WhenAny(running);
        if (isLast)
            return await any.ConfigureAwait(false);

        await ((Task)any).WaitAsync(Stagger, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return any.IsCompleted ? await any.ConfigureAwait(false) : running[^1];
    }

    private static async Task<Socket> AttemptAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task CloseAsync(Task<Socket> attempt)
    {
        await ((Task)attempt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (attempt.IsCompletedSuccessfully)
            attempt.Result.Dispose();
    }
}
