namespace TokenLifecycle.Storage;

/// <summary>
/// Files that are there whole or not at all, for their owner only, and on disk before success is reported. On Windows a folder cannot be
/// flushed by these
/// means: there a power cut may undo the last rename, but never leaves half a file; who may read is what the folder's access list says.
/// </summary>
internal static class DurableFiles
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;
    private const UnixFileMode OthersUse = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Makes a folder, and those above it, so that they are still there after a power cut.</summary>
    public static void MakeFolder(string path)
    {
        List<string> made = [];
        for (string? missing = path; missing is not null && !Directory.Exists(missing); missing = Path.GetDirectoryName(missing))
            made.Add(missing);
        if (made.Count == 0)
            return;

        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerFolder);
        foreach (string folder in made)
            FlushFolder(Path.GetDirectoryName(folder)!);
    }

    /// <summary>Whether others than its owner may look into a folder or put files there.</summary>
    public static bool IsShared(string folder) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(folder) & OthersUse) != UnixFileMode.None;

    /// <summary>Opens or creates a file that no other process can open meanwhile.</summary>
    public static FileStream OpenAlone(string path, FileMode mode)
    {
        FileStreamOptions options = new() { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerFile;
        return new FileStream(path, options);
    }

    /// <summary>
    /// Puts a file in the place of another, or of none. When this returns it is on disk; if it throws before that, what was there is still
    /// there.
    /// </summary>
    public static void Replace(string folder, string name, ReadOnlySpan<byte> content)
    {
        string temporary = Path.Combine(folder, TokenFileName.Temporary(name));
        try
        {
            using (FileStream file = OpenAlone(temporary, FileMode.CreateNew))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, Path.Combine(folder, name), overwrite: true);
        }
        catch
        {
            DeleteIfPossible(temporary);
            throw;
        }

        FlushFolder(folder);
    }

    /// <summary>Deletes a file so that it does not come back after a power cut.</summary>
    public static void Delete(string folder, string name)
    {
        File.Delete(Path.Combine(folder, name));
        FlushFolder(folder);
    }

    /// <summary>Reads a file whole; <see langword="null"/> if there is none. Keeps no writer waiting.</summary>
    public static byte[]? Read(string path)
    {
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] content = new byte[RandomAccess.GetLength(file)];
            int read = 0;
            while (read < content.Length && RandomAccess.Read(file, content.AsSpan(read), read) is > 0 and int more)
                read += more;
            return content[..read];
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static void FlushFolder(string path)
    {
        if (!OperatingSystem.IsWindows())
            Libc.FlushFolder(path);
    }

    private static void DeleteIfPossible(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What went wrong before this is what the caller must hear of. The next process that opens the folder deletes the file.
        }
    }
}
