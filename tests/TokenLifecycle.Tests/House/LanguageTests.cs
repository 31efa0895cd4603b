namespace TokenLifecycle.Tests.House;

/// <summary>Comments, messages and pages use the terms of OAuth and .NET, and none that only this library has.</summary>
public sealed class LanguageTests
{
    // Names and values that are part of a contract, or that no reader sees.
    private static readonly string[] Allowed =
    [
        "\"warm\"", "\"cold\"", // values of tokenlifecycle.outcome
        "tokenlifecycle.sweep.", // names of instruments
        "\"nobody\"", "\"(nobody)\"", // placeholders in keys and pending requests
        "\"claim due\"", // a value of tokenlifecycle.store.operation
        "\"told\"", "AS told", // a parameter and a column of a statement
    ];

    [Fact]
    public void No_text_uses_a_word_that_is_avoided()
    {
        IEnumerable<string> found =
            from file in ProseFile.All
            from line in file.Lines.Select(static (text, index) => (Text: WithoutAllowed(text), Number: index + 1))
            from word in AvoidedWord.All
            from match in word.FindIn(line.Text)
            select $"{file.Name}:{line.Number}: \"{match}\"; write: {word.Instead}";

        string.Join("\n", found).Should().BeEmpty();
    }

    [Theory]
    [InlineData("The user can mend it, and nobody else.", 2)]
    [InlineData("The token has ended; its end was told.", 3)]
    [InlineData("A row of its own is taken back.", 2)]
    [InlineData("It is no token. There is no token. It is no longer a token.", 1)]
    [InlineData("The caller presents a refresh token; a claim of an ID token is present.", 1)]
    [InlineData("It is left as it is, as far as it is known.", 1)]
    public void A_word_is_found_only_in_the_sense_that_is_avoided(string text, int count) =>
        AvoidedWord.All.SelectMany(word => word.FindIn(text)).Should().HaveCount(count);

    [Theory]
    [InlineData("int told = 1; // told", "told")]
    [InlineData("/// <summary>Gets <see cref=\"Told\"/> <c>told</c> now.</summary>", "now")]
    [InlineData("string s = $\"{told.Kind} event\"; char q = '\"'; int mend;", "event")]
    public void Names_in_code_are_not_text(string code, string word)
    {
        string prose = ProseFile.ProseOfCode(code);

        prose.Should().Contain(word).And.HaveLength(code.Length);
        prose.Replace("// told", "", StringComparison.Ordinal).Should().NotContain("told").And.NotContain("mend");
    }

    [Fact]
    public void Code_in_a_page_is_not_text() =>
        ProseFile.ProseOfPage("Call `told` and [this](told.md).\n```text\ntold\n```\nDone.").Should().NotContain("told").And.Contain("Done");

    private static string WithoutAllowed(string text) =>
        Allowed.Aggregate(text, static (rest, allowed) => rest.Replace(allowed, "", StringComparison.Ordinal));
}
