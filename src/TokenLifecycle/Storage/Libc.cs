using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace TokenLifecycle.Storage;

/// <summary>The one thing that .NET has no word for: to flush a folder, so that the names in it outlast a power cut.</summary>
[UnsupportedOSPlatform("windows")]
internal static partial class Libc
{
    private const int ReadOnly = 0;
    private const int Interrupted = 4;
    private const int NotSupported = 22;

    /// <summary>Flushes a folder to its disk.</summary>
    /// <exception cref="IOException">The disk did not take it.</exception>
    public static void FlushFolder(string path)
    {
        int folder = Retried(() => Open(path, ReadOnly));
        if (folder < 0)
            throw Fault(path);
        try
        {
            // A file system without such a flush returns an error, and needs none.
            if (Retried(() => Fsync(folder)) < 0 && Marshal.GetLastPInvokeError() != NotSupported)
                throw Fault(path);
        }
        finally
        {
            _ = Close(folder);
        }
    }

    private static int Retried(Func<int> call)
    {
        int result;
        do
            result = call();
        while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return result;
    }

    private static IOException Fault(string path)
    {
        int error = Marshal.GetLastPInvokeError();
        return new IOException($"The folder {path} cannot be flushed to its disk: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
