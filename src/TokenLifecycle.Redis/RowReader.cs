using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis;

/// <summary>Reads the fields of one row.</summary>
internal readonly struct RowReader(TokenKey key, IReadOnlyDictionary<string, string> row)
{
    private const string Restore = "Restore it from a backup, or disconnect and connect again.";

    public string? Text(string field) => row.GetValueOrDefault(field);

    public long? Number(string field) =>
        Text(field) is not { } text ? null : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : throw Damaged(field);

    public DateTimeOffset? Moment(string field)
    {
        if (Number(field) is not { } microseconds)
            return null;
        return microseconds is >= -62_135_596_800_000_000 and <= 253_402_300_799_999_999
            ? DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond)
            : throw Damaged(field);
    }

    public ImmutableArray<string>? List(string field)
    {
        try
        {
            return Text(field) is { } text ? JsonSerializer.Deserialize(text, RowJsonContext.Default.StringArray)?.ToImmutableArray() : null;
        }
        catch (JsonException)
        {
            return []; // Changed by hand; these lists decide nothing.
        }
    }

    /// <summary>A reason that a newer version has stored cannot be guessed.</summary>
    public ReauthorizationReason? Reauthorization() => Text(RowFields.Reauthorization) is not { } text
        ? null
        : Array.IndexOf(Enum.GetNames<ReauthorizationReason>(), text) >= 0
            ? Enum.Parse<ReauthorizationReason>(text)
            : throw new UnreadableTokenException(key, "its reauthorization is not a reason that this version of the library knows. Use the version that wrote it, or a later one.");

    /// <summary>A kind of failure that a newer version has stored is read as a temporary one: only the next attempt decides.</summary>
    public TokenFailure? Failure()
    {
        if (Text(RowFields.FailureKind) is not { } text)
            return null;

        DateTimeOffset at = Moment(RowFields.FailureAt) ?? DateTimeOffset.UnixEpoch;
        return new TokenFailure
        {
            Kind = Array.IndexOf(Enum.GetNames<TokenFailureKind>(), text) < 0 ? TokenFailureKind.ProviderUnavailable : Enum.Parse<TokenFailureKind>(text),
            At = at,
            FirstAt = Moment(RowFields.FailureFirstAt) ?? at,
            Attempts = (int)(Number(RowFields.FailureAttempts) ?? 1),
            ErrorCode = Text(RowFields.FailureErrorCode),
            HttpStatus = (int?)Number(RowFields.FailureHttpStatus),
        };
    }

    public RefreshIntent? Intent()
    {
        if (Number(RowFields.IntentPresentations) is not (> 0 and var presentations))
            return null;

        DateTimeOffset last = Moment(RowFields.IntentLastAt) ?? DateTimeOffset.UnixEpoch;
        return new RefreshIntent
        {
            AttemptId = Text(RowFields.IntentAttemptId), FirstAt = Moment(RowFields.IntentFirstAt) ?? last, LastAt = last, AttemptCount = (int)presentations,
        };
    }

    public void Check(TokenKey expected)
    {
        if (Text(RowFields.Format) is not { } format)
            throw new UnreadableTokenException(key, $"it was not written by this library, or is damaged. {Restore}");
        if (format != RowFields.FormatVersion)
            throw new UnreadableTokenException(key, $"it has format {format}, and this version of the library reads format {RowFields.FormatVersion}. Use the version that wrote it, or a later one.");
        if ((Text(RowFields.Tenant) ?? "") != expected.Tenant || Text(RowFields.Provider) != expected.Provider || Text(RowFields.UserId) != expected.UserId || Text(RowFields.Connection) != expected.Connection)
            throw new UnreadableTokenException(key, "it was written for another connection. Find out who copies keys in this Redis.");
    }

    public UnreadableTokenException Damaged(string field) => new(key, $"its {field} is missing or damaged. {Restore}");
}
