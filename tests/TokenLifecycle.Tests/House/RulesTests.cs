namespace TokenLifecycle.Tests.House;

/// <summary>A rule id that a reader meets can be looked up in <c>docs/rules</c>, and what stands there as tested is tested.</summary>
public sealed class RulesTests
{
    [Fact]
    public void Every_rule_has_an_id_an_anchor_and_a_state()
    {
        Rule.All.Should().HaveCountGreaterThan(400);
        Named(Rule.All.Where(static rule => rule.Id.Length == 0))
            .Should().BeEmpty("a row has an anchor, an id, a rule, a reason, a source and a state");
        Named(Rule.All.Where(static rule => rule.Anchor != rule.Id.ToLowerInvariant().Replace(' ', '-')))
            .Should().BeEmpty("links are made from the id");
        Rule.All.Select(static rule => rule.Id).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Every_cited_rule_can_be_looked_up()
    {
        HashSet<string> known = [.. Rule.All.Select(static rule => rule.Id)];

        Named(RuleCitation.All.Where(citation => !known.Contains(citation.Id)))
            .Should().BeEmpty("docs/rules has a row for each id; a new one belongs there first");
    }

    [Fact]
    public void A_rule_that_is_tested_is_cited_in_the_tests()
    {
        HashSet<string> cited = [.. RuleCitation.All.Where(static citation => citation.IsInTests).Select(static citation => citation.Id)];

        Named(Rule.All.Where(rule => rule.State == Rule.Tested && !cited.Contains(rule.Id)))
            .Should().BeEmpty("no test names these; without one they are planned");
    }

    [Fact]
    public void A_rule_that_a_test_carries_is_not_planned()
    {
        HashSet<string> carried = [.. RuleCitation.All.Where(static citation => citation.IsCarried).Select(static citation => citation.Id)];

        Named(Rule.All.Where(rule => rule.State != Rule.Tested && carried.Contains(rule.Id)))
            .Should().BeEmpty("a test carries these: docs/rules says tested from now");
    }

    [Theory]
    [InlineData("B6, law 4: saved first (RF-8).", "B6;Law 4;RF-8")]
    [InlineData("Law 3 at the end of a process; laws 1 and 13.", "Law 3;Law 1;Law 13")]
    [InlineData("A13, A14, FR-21: see D10.", "A13;A14;FR-21;D10")]
    [InlineData("UTF-8, UTF-16, SHA-256, HS256, RFC 6749, ISO 8601, P99, SSH-2.0, B2C, AADSTS90009, CVE-2026-40155", "")]
    [InlineData("Little's law, 3 of 4; TLS 1.2; 0x1F; A.1; C#14; version D1.2", "")]
    public void An_id_is_told_from_what_looks_like_one(string text, string ids) =>
        string.Join(';', RuleCitation.IdsIn(text)).Should().Be(ids);

    [Theory]
    [InlineData("AT_2_E7_A_request_to_another_origin_throws", "AT-2;E7")]
    [InlineData("MT_3_CVE_2022_21673_A_call_without_a_user_throws", "MT-3")]
    [InlineData("Law9_A_synchronous_send_throws", "Law 9")]
    [InlineData("ADR7_A_dead_grant_names_the_user", "")]
    [InlineData("A_token_of_B6_is_no_prefix", "")]
    public void A_name_carries_the_ids_at_its_beginning(string name, string ids) =>
        string.Join(';', RuleCitation.IdsOfName(name)).Should().Be(ids);

    [Theory]
    [InlineData("var x = \"// B1\"; // B2", "// B2")]
    [InlineData("var x = @\"c:\\\"; /* B3 */", "/* B3 */")]
    [InlineData("char q = '\"'; // B4\nvar y = \"B5\";", "// B4")]
    [InlineData("string url = \"https://a.example/B7\";", "")]
    public void A_comment_is_told_from_a_string(string code, string comments) =>
        string.Join(';', RuleCitation.CommentsIn(code)).Should().Be(comments);

    [Fact]
    public void Code_and_addresses_of_a_page_cite_nothing() =>
        RuleCitation.IdsIn(RuleCitation.ProseOf("See `B1` and [this](x.md#B2).\n```text\nB3\n```\nThen B4.")).Should().Equal("B4");

    private static IEnumerable<string> Named(IEnumerable<object> broken) => broken.Select(static item => item.ToString()!).Distinct();
}
