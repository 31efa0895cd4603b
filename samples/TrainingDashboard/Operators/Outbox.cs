using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TokenLifecycle;
using TrainingDashboard.Connections;

namespace TrainingDashboard.Operators;

/// <summary>
/// The mails to users who have to reconnect. A mail is a file, written before the event counts as handled; a mail sender takes them from there.
/// </summary>
/// <remarks>The library reports each loss at least once, after a crash once more: the same loss has the same file name, so there is one mail.</remarks>
internal sealed class Outbox(Settings settings) : ITokenLifecycleObserver
{
    private readonly DirectoryInfo _folder = Directory.CreateDirectory(Path.Combine(settings.DataFolder, "outbox"));

    public async ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken)
    {
        if (tokenEvent is not { Kind: TokenEventKind.ReauthorizationRequired or TokenEventKind.RefreshTokenExpiring, Key: { } key })
            return;

        string name = ConnectionReader.NameOf(key.Provider);
        var mail = new Mail(key.UserId, tokenEvent.At, tokenEvent.Kind == TokenEventKind.RefreshTokenExpiring
            ? $"Your permission for {name} ends soon. Please reconnect."
            : $"{name} no longer lets us in. Please reconnect.");
        string file = Path.Combine(_folder.FullName, $"{Id(tokenEvent, key)}.json");
        if (File.Exists(file))
            return;

        // Whole or not at all: a half-written mail would be taken for one that is there.
        string draft = $"{file}.{Guid.NewGuid():N}.draft";
        await using (FileStream stream = new(draft, FileMode.CreateNew, FileAccess.Write))
        {
            await JsonSerializer.SerializeAsync(stream, mail, cancellationToken: cancellationToken);
            stream.Flush(flushToDisk: true);
        }

        File.Move(draft, file, overwrite: true);
    }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<Mail> Read(int most) =>
    [
        .. _folder.EnumerateFiles("*.json").OrderByDescending(static file => file.LastWriteTimeUtc).Take(most)
            .Select(static file => JsonSerializer.Deserialize<Mail>(File.ReadAllText(file.FullName))!),
    ];

    private static string Id(TokenEvent tokenEvent, TokenKey key) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{tokenEvent.Kind} {key} {tokenEvent.At:O}")));
}
