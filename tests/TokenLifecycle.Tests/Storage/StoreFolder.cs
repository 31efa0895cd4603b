using System.Security.Cryptography;
using System.Text;

namespace TokenLifecycle.Tests.Storage;

/// <summary>A folder for a file store, not made yet, and its files by what the documentation says of their names.</summary>
internal sealed class StoreFolder : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tokenlifecycle-").FullName;

    /// <summary>The store's folder.</summary>
    public string Path => System.IO.Path.Combine(_root, "tokens");

    /// <summary>A place beside the folder.</summary>
    public string Beside(string name) => System.IO.Path.Combine(_root, name);

    public string FileOf(TokenKey key) => In($"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key.ToString())))}.token.json");

    public string In(string name) => System.IO.Path.Combine(Path, name);

    public string[] RowFiles() => Directory.GetFiles(Path, "*.token.json");

    public string[] TemporaryFiles() => Directory.GetFiles(Path, "*.tmp");

    /// <summary>Takes the last bytes of a file away.</summary>
    public void Cut(TokenKey key, int bytes)
    {
        byte[] content = File.ReadAllBytes(FileOf(key));
        File.WriteAllBytes(FileOf(key), content[..^bytes]);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
