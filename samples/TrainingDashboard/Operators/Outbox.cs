using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TokenLifecycle;
using TrainingDashboard.Connections;

namespace TrainingDashboard.Operators;

/// <summary>
/// Writes an email for each user who has to reconnect. An email is a file, written before the event counts as handled. A mail sender reads the files.
/// </summary>
/// <remarks>The library raises each event at least once, and again after a crash. The same event has the same file name, so there is one email.</remarks>
internal sealed class Outbox(Settings settings) : ITokenLifecycleObserver
{
    private readonly DirectoryInfo _folder = Directory.CreateDirectory(Path.Combine(settings.DataFolder, "outbox"));

    public async ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken)
    {
        if (tokenEvent is not { Kind: TokenEventKind.ReauthorizationRequired or TokenEventKind.RefreshTokenExpiring, Key: { } key })
            return;

        string name = ConnectionReader.NameOf(key.Provider);
        var mail = new Mail(key.UserId, tokenEvent.At, tokenEvent.Kind == TokenEventKind.RefreshTokenExpiring
            ? $"Your permission for {name} expires soon. Please reconnect."
            : $"{name} no longer grants us access. Please reconnect.");
        string file = Path.Combine(_folder.FullName, $"{Id(tokenEvent, key)}.json");
        if (File.Exists(file))
            return;

        // Written completely or not at all: an incomplete file would count as an email.
        string draft = $"{file}.{Guid.NewGuid():N}.draft";
        await using (FileStream stream = new(draft, FileMode.CreateNew, FileAccess.Write))
        {
            await JsonSerializer.SerializeAsync(stream, mail, cancellationToken: cancellationToken);
            stream.Flush(flushToDisk: true);
        }

        File.Move(draft, file, overwrite: true);
    }

    /// <summary>Returns the newest emails first.</summary>
    public IReadOnlyList<Mail> Read(int most) =>
    [
        .. _folder.EnumerateFiles("*.json").OrderByDescending(static file => file.LastWriteTimeUtc).Take(most)
            .Select(static file => JsonSerializer.Deserialize<Mail>(File.ReadAllText(file.FullName))!),
    ];

    private static string Id(TokenEvent tokenEvent, TokenKey key) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{tokenEvent.Kind} {key} {tokenEvent.At:O}")));
}
