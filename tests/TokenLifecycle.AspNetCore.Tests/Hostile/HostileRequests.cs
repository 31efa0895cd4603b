using System.Text.RegularExpressions;

namespace TokenLifecycle.AspNetCore.Tests.Hostile;

/// <summary>One hostile attempt. Returns null if it was withstood, else what went wrong.</summary>
internal sealed record HostileRequest(string Kind, string Name, Func<HostileWorld, Task<string?>> Run);

/// <summary>What an attacker tries at the endpoints. Eve is signed in as herself, ada and bob are victims.</summary>
internal static partial class HostileRequests
{
    private static readonly string[] Paths = ["/connections/acme/connect", "/connections/acme/disconnect", "/connections/acme/refresh", "/connections/login/connect"];

    public static IReadOnlyList<HostileRequest> All { get; } =
    [
        .. CrossSite(), .. LoginCrossSite(), .. MixUp(), .. Replay(), .. Redirects(), .. Hosts(), .. Foreign(), .. Malformed(),
    ];

    private static IEnumerable<HostileRequest> CrossSite()
    {
        (string Name, Func<HostileWorld, Task<IEnumerable<KeyValuePair<string, string>>>> Fields)[] forms =
        [
            ("no form token", static _ => Fields()),
            ("an empty form token", static _ => Fields(("tokenlifecycle_form", ""))),
            ("an invented form token", static _ => Fields(("tokenlifecycle_form", new string('a', 200)))),
            ("the attacker's form token", static async world => await Fields(("tokenlifecycle_form", await world.FormTokenAsync(world.Eve)))),
            ("the attacker's form token twice", static async world => await Fields(("tokenlifecycle_form", await world.FormTokenAsync(world.Eve)), ("tokenlifecycle_form", await world.FormTokenAsync(world.Eve)))),
            ("an invented antiforgery token", static _ => Fields(("__RequestVerificationToken", new string('a', 200)))),
            ("a session cookie as form token", static async world => await Fields(("tokenlifecycle_form", world.Ada.Cookies[".AspNetCore.cookie"]))),
        ];
        foreach (string path in Paths)
        {
            foreach ((string name, var fields) in forms)
            {
                yield return new("CSRF", $"POST {path} with {name}", async world =>
                {
                    Seen seen = await world.Ada.PostAsync(path, await fields(world), ("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"));
                    return seen.Status is 400 or 404 ? await world.UnchangedAsync() : $"{seen.Status}";
                });
            }

            yield return new("CSRF", $"GET {path} changes nothing", async world =>
            {
                Seen seen = await world.Ada.GetAsync(path + "?connection=default&returnUrl=/");
                return seen.Status is 200 or 405 ? await world.UnchangedAsync() : $"{seen.Status}";
            });
            yield return new("CSRF", $"text/plain to {path}", async world =>
            {
                using var content = new StringContent("tokenlifecycle_form=a");
                Seen seen = await world.Ada.SendAsync(HttpMethod.Post, path, content, []);
                return seen.Status is 400 or 415 ? await world.UnchangedAsync() : $"{seen.Status}";
            });
        }
    }

    private static IEnumerable<HostileRequest> LoginCrossSite()
    {
        foreach (string provider in (string[])["acme", "login"])
        {
            yield return new("login CSRF", $"the attacker's callback in the victim's browser ({provider})", async world =>
            {
                string callback = await world.Eve.ToCallbackAsync(provider);
                return await RefusedAsync(world, world.Nobody, callback);
            });
            yield return new("login CSRF", $"with the attacker's attempt cookie planted ({provider})", async world =>
            {
                string callback = await world.Eve.ToCallbackAsync(provider);
                using Browser victim = world.Nobody.Copy();
                foreach ((string name, string value) in world.Eve.Cookies.Where(cookie => cookie.Key.Contains("Attempt", StringComparison.Ordinal)))
                    victim.Cookies[name] = value;
                return await RefusedAsync(world, victim, callback);
            });
            yield return new("login CSRF", $"the attacker's code with the victim's own state ({provider})", async world =>
            {
                string attackers = await world.Eve.ToCallbackAsync(provider);
                await world.Eve.GetAsync(attackers, ("Sec-Purpose", "prefetch"));
                string own = await world.Ada.ToCallbackAsync(provider);
                return await RefusedAsync(world, world.Ada, Code().Replace(own, Code().Match(attackers).Value));
            });
            yield return new("login CSRF", $"another user has signed in meanwhile ({provider})", async world =>
            {
                using Browser shared = await world.World.BrowserOfAsync("bob");
                string callback = await shared.ToCallbackAsync(provider);
                await shared.GetAsync("/login?user=eve");
                return await RefusedAsync(world, shared, callback);
            });
        }
    }

    private static IEnumerable<HostileRequest> MixUp()
    {
        foreach (string issuer in (string[])["https://evil.example", "HTTPS://IDP.EXAMPLE", "https://idp.example/", "https://idp.example:443", "https://idp.example%00", "https://idp.example@evil.example", "//idp.example", ""])
        {
            yield return new("mix-up", $"a callback of the issuer \"{issuer}\"", async world =>
            {
                string callback = await world.Ada.ToCallbackAsync("strict");
                return await WithoutExchangeAsync(world, () => world.Ada.GetAsync(callback.Replace("iss=" + Uri.EscapeDataString("https://idp.example"), "", StringComparison.Ordinal) + "&iss=" + Uri.EscapeDataString(issuer)));
            });
        }

        foreach ((string from, string to) in ((string, string)[])[("acme", "login"), ("login", "acme"), ("acme", "strict"), ("strict", "acme"), ("acme", "nowhere"), ("acme", "ACME")])
        {
            yield return new("mix-up", $"the callback of {from} at {to}", async world =>
            {
                string callback = await world.Ada.ToCallbackAsync(from);
                return await WithoutExchangeAsync(world, () => world.Ada.GetAsync(callback.Replace($"/{from}/", $"/{to}/", StringComparison.Ordinal)));
            });
        }
    }

    private static IEnumerable<HostileRequest> Replay()
    {
        foreach (string how in (string[])["at once", "in another browser", "by another user", "after a prefetch elsewhere", "with another state", "after its time", "after sign-out", "with an added parameter", "as a HEAD request", "as a posted form"])
        {
            yield return new("replay", $"a callback {how}", async world =>
            {
                string callback = await world.Ada.ToCallbackAsync();
                if (how == "after its time")
                {
                    world.World.Clock.Advance(TimeSpan.FromMinutes(10));
                    return await WithoutExchangeAsync(world, () => world.Ada.GetAsync(callback));
                }

                (await world.Ada.GetAsync(callback)).Status.Should().Be(303);
                return await WithoutExchangeAsync(world, async () => how switch
                {
                    "at once" => await world.Ada.GetAsync(callback),
                    "in another browser" => await world.Nobody.GetAsync(callback),
                    "by another user" => await world.Eve.GetAsync(callback),
                    "after a prefetch elsewhere" => await world.Eve.GetAsync(callback, ("Sec-Purpose", "prefetch")),
                    "with another state" => await world.Eve.GetAsync(Code().Replace(await world.Eve.ToCallbackAsync(), Code().Match(callback).Value)),
                    "with an added parameter" => await world.Ada.GetAsync(callback + "&x=1"),
                    "as a HEAD request" => await world.Ada.SendAsync(HttpMethod.Head, callback, content: null, []),
                    "as a posted form" => await world.Ada.PostAsync("/connections/acme/callback", callback.Split('?')[1].Split('&').Select(pair => KeyValuePair.Create(pair.Split('=')[0], pair.Split('=')[1]))),
                    _ => await SignedOutAsync(world, callback),
                });
            });
        }
    }

    private static IEnumerable<HostileRequest> Redirects()
    {
        string[] targets =
        [
            "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/%5cevil.example", "/%2fevil.example", "/.//evil.example", "/..//evil.example", "/%2e%2e//evil.example",
            "javascript:alert(1)", "data:text/html,x", "/\tevil.example", "/\r\nLocation: https://evil.example", "/\u0000", " /a", "evil.example", "http:evil.example", "https:/evil.example", "/a//b", "?next=//evil", "#x", "/a\\b", "/\u00e9", "/" + new string('a', 2100),
        ];
        foreach (string target in targets)
        {
            yield return new("open redirect", $"returnUrl={Uri.EscapeDataString(target[..Math.Min(30, target.Length)])} on the page", async world =>
                (await world.Eve.GetAsync("/connections/acme/connect?returnUrl=" + Uri.EscapeDataString(target))).Status is 400 or 414 ? null : "was accepted");
            yield return new("open redirect", $"returnUrl={Uri.EscapeDataString(target[..Math.Min(30, target.Length)])} in the form", async world =>
            {
                Seen seen = await world.Eve.PostAsync("/connections/acme/connect", [new("tokenlifecycle_form", await world.FormTokenAsync(world.Eve)), new("returnUrl", target)]);
                return seen.Status == 400 && seen.Location is null ? null : $"{seen.Status} {seen.Location}";
            });
        }
    }

    private static IEnumerable<HostileRequest> Hosts()
    {
        (string Name, string Value)[] headers =
        [
            ("Host", "evil.example"), ("Host", "app.example.evil.example"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Prefix", "/evil"), ("Forwarded", "host=evil.example;proto=http"),
            ("X-Original-Host", "evil.example"), ("X-Host", "evil.example"), ("X-Original-URL", "/evil"), ("X-Rewrite-URL", "/evil"), ("X-HTTP-Method-Override", "DELETE"), ("Referer", "https://evil.example/"),
        ];
        foreach ((string name, string value) in headers)
        {
            yield return new("host", $"{name}: {value}", async world =>
            {
                Seen seen = await world.Eve.PostAsync("/connections/acme/connect", [new("tokenlifecycle_form", await world.FormTokenAsync(world.Eve))], (name, value));
                string? redirect = seen.Location is null ? null : System.Web.HttpUtility.ParseQueryString(new Uri(seen.Location).Query)["redirect_uri"];
                bool isClean = seen.Status == 303 && redirect == "https://app.example/connections/acme/callback" && !seen.Headers.Values.Any(header => header.Contains("evil", StringComparison.Ordinal));
                return isClean || (seen.Status is 400 or 421 && !seen.Text.Contains("evil", StringComparison.Ordinal)) ? null : $"{seen.Status} {redirect}";
            });
        }
    }

    private static IEnumerable<HostileRequest> Foreign()
    {
        foreach (string path in (string[])["/connections?userId=ada", "/connections?user=ada&connection=default", "/connections/acme/connect?userId=ada", "/connections/acme/connect?connection=../ada", "/connections/acme/connect?connection=ada%2fdefault", "/connections/overview", "/connections/acme/result?attempt=" + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"])
        {
            yield return new("foreign ids", $"GET {path}", async world =>
            {
                Seen seen = await world.Eve.GetAsync(path, ("Accept", "application/json"));
                return seen.Text.Contains("\"state\":\"Valid\"", StringComparison.Ordinal) || seen.Text.Contains("account-of-ada", StringComparison.Ordinal) ? "shows ada's connection" : null;
            });
        }

        yield return new("foreign ids", "the result page of another user", async world =>
        {
            string result = (await world.Ada.GetAsync(await world.Ada.ToCallbackAsync())).Location!;
            await world.AcceptAsync();
            Seen seen = await world.Eve.GetAsync(result);
            return seen.Status == 404 ? null : $"{seen.Status}";
        });
        foreach (string field in (string[])["userId", "UserId", "user", "provider", "key", "allowsSignIn", "id", "browser", "verifier", "redirect_uri", "scope", "state", "client_id"])
        {
            yield return new("foreign ids", $"the form field {field}", async world =>
            {
                Seen start = await world.Eve.PostAsync("/connections/acme/connect", [new("tokenlifecycle_form", await world.FormTokenAsync(world.Eve)), new(field, "ada")]);
                if (start.Status != 303)
                    return null;
                return start.Location!.Contains("=ada", StringComparison.Ordinal) ? "went into the address" : await world.UnchangedAsync();
            });
        }
    }

    private static IEnumerable<HostileRequest> Malformed()
    {
        foreach (string query in (string[])["", "code=a", "state=a", "code=&state=", "code[]=a&state=b", "code=a&code=b&state=c", "state=a&state=b&code=c", "code=a&error=b&state=c", "access_token=a&state=b", "id_token=a&state=b", "code=%00&state=%00", "code=%ff%fe&state=a", "error=%3Cscript%3E&state=a", "code=a%0d%0aSet-Cookie:x&state=a"])
        {
            yield return new("malformed", $"a callback with ?{query}", async world =>
            {
                string? problem = await WithoutExchangeAsync(world, async () =>
                {
                    Seen seen = await world.Ada.GetAsync("/connections/acme/callback?" + query);
                    seen.Status.Should().BeInRange(400, 499);
                    seen.Text.Should().NotContain("<script>");
                    return seen;
                });
                return problem ?? await world.UnchangedAsync();
            });
        }
    }

    private static async Task<Seen> SignedOutAsync(HostileWorld world, string callback)
    {
        using Browser out_ = world.Ada.Copy();
        out_.Cookies.Remove(".AspNetCore.cookie");
        return await out_.GetAsync(callback);
    }

    private static async Task<string?> RefusedAsync(HostileWorld world, Browser victim, string callback)
    {
        string before = (await victim.GetAsync("/whoami")).Text;
        string? exchanged = await WithoutExchangeAsync(world, () => victim.GetAsync(callback));
        string after = (await victim.GetAsync("/whoami")).Text;
        return exchanged ?? (before == after ? await world.UnchangedAsync() : $"{before} became {after}");
    }

    private static async Task<string?> WithoutExchangeAsync(HostileWorld world, Func<Task<Seen>> request)
    {
        int before = world.World.Exchanges;
        Seen seen = await request();
        return world.World.Exchanges != before ? "a code was exchanged"
            : seen.Location?.Contains("code=", StringComparison.Ordinal) == true ? "the code was sent on"
            : null;
    }

    private static Task<IEnumerable<KeyValuePair<string, string>>> Fields(params (string Name, string Value)[] fields) =>
        Task.FromResult(fields.Select(static field => KeyValuePair.Create(field.Name, field.Value)));

    [GeneratedRegex("(?<=[?&]code=)[^&]*", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Code();
}
