namespace TokenLifecycle.Storage;

/// <summary>Why a token folder cannot be used, and how to fix it. To callers an <see cref="IOException"/>, as their own would be.</summary>
internal sealed class TokenFolderException : IOException
{
    private const int NotPermitted = 1;
    private const int NoSpace = 28;
    private const int ReadOnly = 30;
    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    public TokenFolderException(string folder, string what, string remedy, Exception? innerException = null)
        : base($"The token folder {folder} {what} {remedy}", innerException)
    {
        What = $"The folder {what}";
        Remedy = remedy;
    }

    /// <summary>What is wrong, without the fix.</summary>
    public string What { get; }

    /// <summary>How to fix it.</summary>
    public string Remedy { get; }

    /// <summary>Whether this is a fault of the folder that was not put into words yet.</summary>
    public static bool IsUnexplained(Exception exception) => exception is (IOException or UnauthorizedAccessException) and not TokenFolderException;

    /// <summary>Puts a fault into words.</summary>
    public static TokenFolderException Of(string folder, Exception cause) => cause switch
    {
        _ when File.Exists(folder) => OfFile(folder, cause),
        UnauthorizedAccessException or { HResult: NotPermitted } => new TokenFolderException(
            folder,
            $"or a file in it may not be used by this process: {cause.Message}",
            $"Give it to the user that runs the process: chown -R {UserName()} {Quoted(folder)} && chmod -R u+rwX,go= {Quoted(folder)}",
            cause),
        DirectoryNotFoundException => new TokenFolderException(
            folder,
            "is not there any more, or not the one that it was when this process began.",
            "Find out whether it was moved or its volume is not mounted, and bring it back as it was.",
            cause),
        { HResult: NoSpace or QuotaExceeded or WindowsDiskFull } => new TokenFolderException(
            folder,
            "is on a volume that is full. Nothing that was stored is changed.",
            $"Free space, and inodes, where df {Quoted(folder)} and df -i {Quoted(folder)} look.",
            cause),
        { HResult: ReadOnly } => new TokenFolderException(
            folder,
            "is on a volume that is mounted read-only. Nothing that was stored is changed.",
            "Mount it for writing, or name another folder in UseFileStore(path).",
            cause),
        _ => new TokenFolderException(
            folder,
            $"cannot be used: {cause.Message}",
            "Look into the volume's health; every write was whole or not done.",
            cause),
    };

    /// <summary>There is a file in the folder's place.</summary>
    public static TokenFolderException OfFile(string folder, Exception? cause = null) => new(
        folder, "is a file now. It was a folder when this process began.", "Find out what put a file there, and bring the folder back as it was.", cause);

    /// <summary>A path as a shell takes it.</summary>
    public static string Quoted(string path) => $"'{path.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private static string UserName() => Environment.UserName is { Length: > 0 } name ? name : "<user>";
}
