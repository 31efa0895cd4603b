using System.Diagnostics;

namespace TokenLifecycle.TestKit;

/// <summary>A small volume of its own, in memory.</summary>
public sealed class Volume : IDisposable
{
    private readonly string _mountPoint = Directory.CreateTempSubdirectory("tokenlifecycle-volume-").FullName;

    public Volume(int kilobytes)
    {
        if (Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k,mode=700", "tokenlifecycle", _mountPoint) != 0)
            throw new InvalidOperationException("The volume could not be mounted.");
    }

    /// <summary>Whether this process may mount volumes: its user is root and nothing around it forbids it.</summary>
    public static bool IsPermitted { get; } = TryOne();

    /// <summary>A folder for a store, not made yet.</summary>
    public string Folder => Path.Combine(_mountPoint, "tokens");

    /// <summary>Leaves no byte free.</summary>
    public void Fill()
    {
        using FileStream filler = new(Path.Combine(_mountPoint, "filler"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] page = new byte[1024];
        try
        {
            while (true)
                filler.Write(page);
        }
        catch (IOException)
        {
            // Full, as wanted.
        }
    }

    /// <summary>Takes back what <see cref="Fill"/> did.</summary>
    public void Free() => File.Delete(Path.Combine(_mountPoint, "filler"));

    /// <summary>Mounts it read-only, or for writing again.</summary>
    public void SetReadOnly(bool isReadOnly) => Run("mount", "-o", isReadOnly ? "remount,ro" : "remount,rw", _mountPoint).Should().Be(0);

    public void Dispose()
    {
        _ = Run("umount", "-l", _mountPoint);
        Directory.Delete(_mountPoint);
    }

    private static bool TryOne()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            return false;
        try
        {
            using Volume volume = new(64);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static int Run(string command, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
