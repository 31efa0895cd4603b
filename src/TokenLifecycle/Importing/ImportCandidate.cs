using TokenLifecycle.Options;

namespace TokenLifecycle.Importing;

/// <summary>A row on its way: good until something speaks against it.</summary>
internal sealed class ImportCandidate(string source)
{
    public string Source { get; } = source;

    public TokenKey Key { get; set; }

    /// <summary>Whether provider, user and connection made a key.</summary>
    public bool HasKey { get; set; }

    public OAuthProviderOptions? Provider { get; set; }

    /// <summary>The refresh token, of refused rows too: a rival for another row's.</summary>
    public string? RefreshToken { get; set; }

    public TokenSet? Tokens { get; set; }

    /// <summary>Only to find the newer of two rows.</summary>
    public DateTimeOffset? IssuedAt { get; set; }

    public List<string> Notes { get; } = [];

    public ImportRefusal? Refusal { get; private set; }

    public bool IsGood => Refusal is null;

    /// <summary>Refuses the row. The first reason counts.</summary>
    public ImportCandidate Refuse(ImportRefusalReason reason, string message)
    {
        Refusal ??= new ImportRefusal(Source, reason, message);
        return this;
    }
}
