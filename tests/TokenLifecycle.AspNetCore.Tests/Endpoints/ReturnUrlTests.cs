namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>Nobody is sent to a foreign site by us.</summary>
public sealed class ReturnUrlTests
{
    public static TheoryData<string> Hostile => new(
    [
        "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "/\\/evil.example", "\\/evil.example",
        "/..//evil.example", "/.//evil.example", "/a/..//evil.example", "/a/../..//evil.example", "/%2e%2e//evil.example", "/%2E//evil.example", "/.%2e//evil.example",
        "/a/./b", "/..", "/.", "/a/..", "/%2f/evil.example", "/%2F%2Fevil.example", "/%5cevil.example", "/%5C%5Cevil.example", "/a//b", "/app//evil.example",
        "https://evil.example", "http://evil.example", "HTTPS://evil.example", "https:evil.example", "https:/evil.example", "//evil.example/%2f..",
        "javascript:alert(1)", "data:text/html,x", "vbscript:x", "evil.example", "evil.example/path", "@evil.example", "~/", "?x=1", "#x", "path",
        "/\t/evil.example", "/\t\\evil.example", "/\v/evil.example", "\t//evil.example", "/\n/evil.example", "/\r\nSet-Cookie: a=b", "/\0/evil.example", " //evil.example", "/ /evil.example", "/\u00a0/evil.example",
        "/\u2215evil.example", "/\uff0fevil.example", "/\u3002evil.example", "//[::1]", "//127.0.0.1", "//evil.example@app.example", "https://app.example@evil.example",
        "https://app.example.evil.example", "https://app.example", "//app.example", "/" + "\u202e" + "evil", new string('/', 3000), "/" + new string('a', 2048),
    ]);

    public static TheoryData<string> Good => new(["/", "/a", "/a/", "/a/b?c=d&e=%2F%2Fevil.example#f", "/a?next=//x", "/a?b=\"<>", "/caf%C3%A9", "/...", "/.well-known/x", "/a.b/..c", "/x:y@z"]);

    [Theory]
    [MemberData(nameof(Hostile))]
    public void EP_3_CVE_2026_107369_CVE_2021_43812_CVE_2022_24858_CVE_2021_39191_CVE_2022_23527_A_foreign_address_is_not_taken(string url) => ReturnUrl.IsLocal(url).Should().BeFalse();

    [Theory]
    [MemberData(nameof(Good))]
    public void EP_3_A_path_of_the_app_is_taken(string url) => ReturnUrl.IsLocal(url).Should().BeTrue();

    [Fact]
    public void EP_3_What_is_taken_stays_with_the_app_whoever_resolves_it()
    {
        var random = new Random(4711);
        string[] parts = ["/", "\\", ".", "..", "%2e", "%2f", "%5c", "a", "evil.example", "@", ":", "?", "#", "//", "\t", "https:"];
        int taken = 0;
        for (int i = 0; i < 200_000; i++)
        {
            string url = "/" + string.Concat(Enumerable.Range(0, random.Next(1, 7)).Select(_ => parts[random.Next(parts.Length)]));
            if (!ReturnUrl.IsLocal(url))
                continue;
            taken++;
            var resolved = new Uri(new Uri("https://app.example/x/y"), url);
            resolved.Host.Should().Be("app.example", url);
            new Uri(new Uri("https://app.example"), resolved.PathAndQuery).Host.Should().Be("app.example", url);
            new Uri(new Uri("https://app.example"), Uri.UnescapeDataString(resolved.AbsolutePath)).Host.Should().Be("app.example", url);
        }

        taken.Should().BeGreaterThan(1000);
    }

    [Theory]
    [InlineData("/..//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("//evil.example")]
    [InlineData("https://evil.example")]
    public async Task EP_3_A_foreign_address_is_refused_at_the_start_by_page_and_by_post(string url)
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        Seen page = await browser.GetAsync("/connections/acme/connect");

        (await browser.GetAsync("/connections/acme/connect?returnUrl=" + Uri.EscapeDataString(url))).Status.Should().Be(400);
        Seen post = await browser.PressAsync(page, "/connect", ("returnUrl", url));

        (post.Status, post.Location).Should().Be((400, null));
    }

    [Theory]
    [MemberData(nameof(Good))]
    public async Task EP_3_It_comes_out_byte_for_byte_as_it_went_in(string url)
    {
        await using WebWorld world = await WebWorld.StartAsync(web: o => o.PublicPathBase = "/base");
        using Browser browser = await world.BrowserOfAsync("ada");
        string page = (await browser.GetAsync("/connections/acme/connect?returnUrl=" + Uri.EscapeDataString(url))).Text;
        page.Should().Contain("returnUrl");
        Seen start = await browser.PostAsync("/connections/acme/connect", [new("returnUrl", url), new("tokenlifecycle_form", page.Split("name=\"tokenlifecycle_form\" value=\"")[1].Split('"')[0])]);
        string callback = (await browser.GetAsync(start.Location!)).Location!.Replace("/base", "", StringComparison.Ordinal);

        (await browser.GetAsync(callback)).Location.Should().Be(url);
    }
}
