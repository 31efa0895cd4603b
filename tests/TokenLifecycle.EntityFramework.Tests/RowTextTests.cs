using FsCheck;
using FsCheck.Fluent;
using TokenLifecycle.EntityFramework.Rows;

namespace TokenLifecycle.EntityFramework.Tests;

/// <summary>Lists and maps survive being text.</summary>
public sealed class RowTextTests
{
    // FsCheck makes halves of surrogate pairs, which have no UTF-8 form and come in no reply that was read as UTF-8.
    private static readonly Arbitrary<string> Texts = ArbMap.Default.ArbFor<string>().Filter(static text => text is not null && !text.Any(char.IsSurrogate));

    [Fact]
    public void B7_any_scopes_come_back_as_they_were() => Prop.ForAll(
        Texts.Generator.ArrayOf().ToArbitrary(), static scopes => RowText.ToWords(RowText.Words(scopes))!.SequenceEqual(scopes, StringComparer.Ordinal)).QuickCheckThrowOnFailure();

    [Fact]
    public void B7_any_captured_members_come_back_as_they_were() => Prop.ForAll(
        Gen.Zip(Texts.Generator, Texts.Generator).ArrayOf().ToArbitrary(),
        static pairs =>
        {
            Dictionary<string, string> captured = pairs.DistinctBy(static pair => pair.Item1, StringComparer.Ordinal).ToDictionary(static pair => pair.Item1, static pair => pair.Item2, StringComparer.Ordinal);
            IReadOnlyDictionary<string, string>? found = RowText.ToPairs(RowText.Pairs(captured));
            return found is not null && found.Count == captured.Count && captured.All(pair => found[pair.Key] == pair.Value);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(new[] { "read", "activity:read_all" }, "read activity:read_all")]
    [InlineData(new string[0], "")]
    [InlineData(new[] { "two words" }, """["two words"]""")]
    [InlineData(new[] { "" }, """[""]""")]
    [InlineData(new[] { "[a]" }, """["[a]"]""")]
    public void Scopes_are_as_oauth_writes_them_where_nothing_gets_lost(string[] scopes, string text) => RowText.Words(scopes).Should().Be(text);

    [Theory]
    [InlineData("read  write", new[] { "read", "write" })]
    [InlineData("[half an array", new[] { "[half", "an", "array" })]
    public void Scopes_of_another_hand_are_read_as_well_as_can_be(string text, string[] scopes) => RowText.ToWords(text).Should().Equal(scopes);

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a=1&")]
    [InlineData("a=1=2")]
    [InlineData("{\"a\":1}")]
    public void Members_of_another_hand_are_not_guessed(string text) => RowText.ToPairs(text).Should().BeNull();
}
