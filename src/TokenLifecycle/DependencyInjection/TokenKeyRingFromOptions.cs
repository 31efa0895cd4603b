using Microsoft.Extensions.Options;
using TokenLifecycle.Options;
using TokenLifecycle.Storage;

namespace TokenLifecycle.DependencyInjection;

/// <summary>The key ring of the current settings, decoded once per change.</summary>
internal sealed class TokenKeyRingFromOptions(IOptionsMonitor<TokenKeyRingOptions> options)
{
    private Decoded? _decoded;

    public TokenKeyRing Current
    {
        get
        {
            TokenKeyRingOptions settings = options.CurrentValue;
            if (Volatile.Read(ref _decoded) is { } known && ReferenceEquals(known.Settings, settings))
                return known.Ring;

            TokenKeyRing ring = Of(settings, out IReadOnlyList<string> problems)
                ?? throw new OptionsValidationException(nameof(TokenKeyRingOptions), typeof(TokenKeyRingOptions), problems);
            Volatile.Write(ref _decoded, new Decoded(settings, ring));
            return ring;
        }
    }

    /// <summary>Reports a reload that was rejected. The previous keys stay in use.</summary>
    public IReadOnlyList<TokenStoreProblem> Check()
    {
        _ = options.CurrentValue; // A reload is validated when it is first used.
        return options is LastGoodOptions<TokenKeyRingOptions> reloaded && reloaded.RejectionOf(Microsoft.Extensions.Options.Options.DefaultName) is { } reason
            ? [new TokenStoreProblem(nameof(TokenKeyRingOptions), $"The reloaded keys are invalid and are not used: {reason}", $"Correct the settings of {nameof(TokenKeyRingOptions)}.")]
            : [];
    }

    public static TokenKeyRing? Of(TokenKeyRingOptions settings, out IReadOnlyList<string> problems) =>
        TokenKeyRing.TryCreate(settings.CurrentKeyId, [.. settings.Keys.Select(static key => KeyValuePair.Create(key.Key, (string?)key.Value))], out problems);

    private sealed record Decoded(TokenKeyRingOptions Settings, TokenKeyRing Ring);
}
