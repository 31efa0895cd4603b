using Xunit.Abstractions;

namespace TokenLifecycle.AspNetCore.Tests.Hostile;

/// <summary>A corpus of attacks on the endpoints, with one line of verdict each.</summary>
[Trait("Rule", "EP-1")]
[Trait("Rule", "CB-2")]
public sealed class HostileRequestTests(ITestOutputHelper output)
{
    public static TheoryData<string> Kinds => new(HostileRequests.All.Select(static request => request.Kind).Distinct());

    [Fact]
    public void The_corpus_has_at_least_150_attempts() => HostileRequests.All.Should().HaveCountGreaterThanOrEqualTo(150).And.OnlyHaveUniqueItems(static request => request.Kind + request.Name);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task All_are_withstood(string kind)
    {
        var failed = new List<string>();
        await using HostileWorld shared = await HostileWorld.StartAsync();
        foreach (HostileRequest request in HostileRequests.All.Where(request => request.Kind == kind))
        {
            // A replay connects first, so it needs a world of its own.
            await using HostileWorld? own = kind == "replay" ? await HostileWorld.StartAsync() : null;
            string? problem = await request.Run(own ?? shared);
            output.WriteLine($"{(problem is null ? "withstood" : "FAILED   ")} {request.Kind}: {request.Name}{(problem is null ? "" : $" ({problem})")}");
            if (problem is not null)
                failed.Add($"{request.Name}: {problem}");
        }

        failed.Should().BeEmpty();
    }
}
