using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>Every change of the public face is seen in review, as a change of a text file.</summary>
public sealed class PublicApiTests
{
    private const string Variable = "UPDATE_PUBLIC_API";

    public static TheoryData<string> Packages => ConventionTests.Packages;

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_public_api_is_the_one_that_was_agreed(string package)
    {
        string path = RepositoryRoot.Combine("tests", "TokenLifecycle.Tests", "PublicApi", package + ".txt");
        string actual = PublicApiListing.Of(package);
        if (Environment.GetEnvironmentVariable(Variable) == "1")
            File.WriteAllText(path, actual);

        string agreed = File.Exists(path) ? File.ReadAllText(path) : "";
        string[] was = agreed.Split('\n');
        string[] now = actual.Split('\n');
        string difference = string.Join('\n', [.. was.Except(now).Select(static line => "- " + line), .. now.Except(was).Select(static line => "+ " + line)]);

        actual.Should().Be(agreed, "the public API is agreed in tests/TokenLifecycle.Tests/PublicApi; run this test once with {0}=1 to agree to:\n{1}\n", Variable, difference);
    }
}
