namespace TokenLifecycle.Protocol;

/// <summary>Reads the body of a token response until it is complete, too large, or late. Never throws.</summary>
internal static class ResponseBodyReader
{
    /// <summary>Reads a body.</summary>
    /// <param name="content">The body.</param>
    /// <param name="deadline">When to wait no longer.</param>
    public static async Task<(byte[] Body, int Length, BackChannelFault Fault, string? Detail)> ReadAsync(HttpContent content, CancellationToken deadline)
    {
        byte[] buffer = new byte[4 * 1024];
        int length = 0;
        try
        {
            Stream stream = await content.ReadAsStreamAsync(CancellationToken.None).ConfigureAwait(false);
            while (true)
            {
                if (length == buffer.Length)
                {
                    // One byte above the limit distinguishes "too large" from "just fits".
                    if (length > BackChannel.BodyCap)
                        return (buffer, BackChannel.BodyCap, BackChannelFault.Unreadable, $"The answer is larger than {BackChannel.BodyCap / 1024} KB");
                    Array.Resize(ref buffer, Math.Min(buffer.Length * 2, BackChannel.BodyCap + 1));
                }

                int read = await ReadSomeAsync(stream, buffer.AsMemory(length), deadline).ConfigureAwait(false);
                if (read == 0)
                    return (buffer, length, BackChannelFault.None, null);
                length += read;
            }
        }
        catch (Exception e)
        {
            // What came before the break is kept: it may hold a refresh token that exists nowhere else (B6).
            return deadline.IsCancellationRequested ? (buffer, length, BackChannelFault.NoAnswer, "The answer was not complete within the deadline")
                : e is InvalidDataException ? (buffer, length, BackChannelFault.Unreadable, "The answer cannot be decompressed")
                : (buffer, length, BackChannelFault.NoAnswer, "The connection was lost within the answer");
        }
    }

    /// <summary>
    /// Reads what has arrived even if the deadline has passed by then: this process may have been slow, not the provider. Only a read that
    /// has to wait is canceled at the deadline.
    /// </summary>
    private static async ValueTask<int> ReadSomeAsync(Stream stream, Memory<byte> buffer, CancellationToken deadline)
    {
        ValueTask<int> read = stream.ReadAsync(buffer, CancellationToken.None);
        if (read.IsCompleted)
            return await read.ConfigureAwait(false);

        Task<int> waiting = read.AsTask();
        try
        {
            return await waiting.WaitAsync(deadline).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It ends with the response, which is disposed now. Nothing is interested in how.
            _ = waiting.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw;
        }
    }
}
