namespace TokenLifecycle.Storage;

/// <summary>
/// Looks for everything that would make a token folder fail later, by doing what will be done, and by reading what will be read.
/// </summary>
internal sealed class TokenFolderCheck(TokenFolder folder)
{
    // More than the largest row, so that a disk with room for a few bytes only counts as full.
    private const int ProbeLength = 256 * 1024;

    public async Task<IReadOnlyList<TokenStoreProblem>> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await folder.OpenAsync(cancellationToken).ConfigureAwait(false);
            folder.RefuseShared();
            List<TokenStoreProblem> problems = [.. await ProbeAsync(cancellationToken).ConfigureAwait(false)];
            foreach (string name in folder.Names().Order(StringComparer.Ordinal))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (Look(name) is { } problem)
                    problems.Add(problem);
            }

            return problems;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [Problem(e)];
        }
    }

    /// <summary>Writes, flushes, renames and deletes, as a save does.</summary>
    private async Task<IReadOnlyList<TokenStoreProblem>> ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            (string name, FileLock held) = await EnterAnyAsync(cancellationToken).ConfigureAwait(false);
            using FileLock stripe = held;
            folder.Replace(name, new byte[ProbeLength]);
            folder.Delete(name);
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [Problem(e)];
        }
    }

    /// <summary>The probe can use any lock. A lock that another process holds says nothing about the folder.</summary>
    private async Task<(string Name, FileLock Held)> EnterAnyAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < FileLocks.Count; attempt++)
        {
            string name = TokenFileName.Probe();
            if (folder.TryEnter(name) is { } held)
                return (name, held);
        }

        string last = TokenFileName.Probe();
        return (last, await folder.EnterAsync(last, cancellationToken).ConfigureAwait(false));
    }

    private TokenStoreProblem? Look(string name)
    {
        if (TokenFileName.IsTemporary(name))
            return null;
        if (!TokenFileName.IsRow(name))
            return Foreign(name, "is not of this library. Nothing touches it.");

        try
        {
            if (folder.Read(name) is not { } content)
                return null;
            if (StoredTokenKeyReader.Read(content) is not { } key)
                return Foreign(name, "cannot be read, nor whose connection it held: it is empty, damaged, or written by another program. It is left unchanged, and that user's connection is unreadable.");
            if (TokenFileName.Of(key) != name)
                return Foreign(name, $"holds the connection {key.ToRedactedString()}, which belongs into the file {TokenFileName.Of(key)}. It is left unchanged. Find out what copies files here.");
            _ = StoredTokenJson.Read(key, content, "the file");
            return null;
        }
        catch (UnreadableTokenException e)
        {
            return new TokenStoreProblem(Subject(name), e.Message, Remedy: null) { IsConfined = true };
        }
        catch (UnauthorizedAccessException e)
        {
            TokenFolderException fault = TokenFolderException.Of(folder.Path, e);
            return new TokenStoreProblem(Subject(name), "This process may not read it.", fault.Remedy) { IsConfined = true };
        }
    }

    private TokenStoreProblem Foreign(string name, string what) =>
        new(Subject(name), $"The file {what}", "Restore it from a backup, or move it out of the folder.") { IsConfined = true };

    private string Subject(string name) => $"file {folder.FileOf(name)}";

    private TokenStoreProblem Problem(Exception exception)
    {
        TokenFolderException fault = exception as TokenFolderException ?? TokenFolderException.Of(folder.Path, exception);
        return new TokenStoreProblem($"folder {folder.Path}", fault.What, fault.Remedy);
    }
}
