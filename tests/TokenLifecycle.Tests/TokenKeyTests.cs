namespace TokenLifecycle.Tests;

public sealed class TokenKeyTests
{
    [Fact]
    public void MT_2_Keys_that_look_alike_are_written_differently()
    {
        string[] written =
        [
            new TokenKey("a:b", "c").ToString(),
            new TokenKey("a", "b:c").ToString(),
            new TokenKey("a/b", "c").ToString(),
            new TokenKey("a", "b/c").ToString(),
            new TokenKey("a", "c").ToString(),
            new TokenKey("A", "c").ToString(),
            new TokenKey("a", "c ").ToString(),
            new TokenKey("a", "é").ToString(),
            new TokenKey("a", "e\u0301").ToString(),
            new TokenKey("a", "%C3%A9").ToString(),
            new TokenKey("a", "c", "Default").ToString(),
        ];

        written.Should().OnlyHaveUniqueItems();
    }
}
