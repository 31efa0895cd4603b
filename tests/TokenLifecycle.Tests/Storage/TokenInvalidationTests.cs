using FsCheck;
using FsCheck.Fluent;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Tests.Storage;

/// <summary>What processes tell each other of a connection.</summary>
public sealed class TokenInvalidationTests
{
    [Fact]
    public void What_was_written_is_read() =>
        Prop.ForAll<long>(before =>
        {
            TokenInvalidation change = new(TokenInvalidation.FingerprintOf(new TokenKey("strava", "ada")), before);
            return TokenInvalidation.TryParse(change.ToString(), out TokenInvalidation read) && read == change;
        }).Check(Config.QuickThrowOnFailure);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("good morning")]
    [InlineData("0123456789abcdef")]
    [InlineData("0123456789abcdef 1.5")]
    [InlineData("0123456789abcdef 1 2")]
    [InlineData("0123456789abcdef 99999999999999999999")]
    public void What_is_none_of_ours_is_told_apart(string? message) => TokenInvalidation.TryParse(message, out _).Should().BeFalse();

    [Fact]
    public void It_names_no_user_and_tells_connections_apart()
    {
        TokenKey[] keys = [new("strava", "ada"), new("strava", "bob"), new("google", "ada"), new("strava", "ada", "coach"), new("strava/ada", "default"), new("strava", "ada/default")];

        string[] fingerprints = [.. keys.Select(TokenInvalidation.FingerprintOf)];

        fingerprints.Should().OnlyHaveUniqueItems().And.OnlyContain(fingerprint => fingerprint.Length == 32 && !fingerprint.Contains("ada"));
    }
}
