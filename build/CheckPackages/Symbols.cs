using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace CheckPackages;

/// <summary>The symbols inside an assembly.</summary>
internal sealed record Symbols(IReadOnlyList<string> Documents, bool HasSourceLink)
{
    private static readonly Guid SourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    public static Symbols Of(byte[] assembly)
    {
        using var reader = new PEReader(new MemoryStream(assembly));
        DebugDirectoryEntry[] embedded = [.. reader.ReadDebugDirectory().Where(static entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb)];
        if (embedded.Length == 0)
            return new Symbols([], HasSourceLink: false);

        using MetadataReaderProvider provider = reader.ReadEmbeddedPortablePdbDebugDirectoryData(embedded[0]);
        MetadataReader pdb = provider.GetMetadataReader();
        string[] documents = [.. pdb.Documents.Select(document => pdb.GetString(pdb.GetDocument(document).Name))];
        return new Symbols(documents, pdb.CustomDebugInformation.Any(info => pdb.GetGuid(pdb.GetCustomDebugInformation(info).Kind) == SourceLink));
    }
}
