using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace TokenLifecycle.AspNetCore.Tests.Endpoints;

/// <summary>Whatever is sent, the answer is a plain refusal.</summary>
public sealed class MalformedTests
{
    private const int Requests = 10_000;
    private const int Connections = 8;

    [Fact]
    public async Task EP_4_CVE_2022_31093_Ten_thousand_malformed_requests_get_4xx_and_never_5xx()
    {
        // Some of them hold a token that is valid, and begin attempts of their own.
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string callback = await browser.ToCallbackAsync();
        string cookies = string.Join("; ", browser.Cookies.Select(c => $"{c.Key}={c.Value}"));
        Seen page = await browser.GetAsync("/connections/acme/connect");
        string token = page.Text.Split("name=\"tokenlifecycle_form\" value=\"")[1].Split('"')[0];
        cookies = string.Join("; ", browser.Cookies.Select(c => $"{c.Key}={c.Value}"));

        Dictionary<int, int>[] counts = await Task.WhenAll(Enumerable.Range(0, Connections).Select(worker => Task.Run(async () =>
        {
            var made = new MalformedRequests(new Random(1000 + worker), cookies, token);
            var seen = new Dictionary<int, int>();
            for (int i = 0; i < Requests / Connections; i++)
            {
                byte[] request = made.Next();
                int status = await SendAsync(world.Address.Port, request);
                seen[status] = seen.GetValueOrDefault(status) + 1;
                (status is (>= 200 and < 500)).Should().BeTrue("{0} was the answer to {1}", status, Encoding.Latin1.GetString(request).Replace(cookies, "...", StringComparison.Ordinal));
            }

            return seen;
        })));

        int answered = counts.Sum(c => c.Values.Sum());
        answered.Should().Be(Requests);
        counts.Sum(c => c.Where(s => s.Key is >= 400 and < 500).Sum(s => s.Value)).Should().BeGreaterThan(Requests / 2);
        world.Exchanges.Should().Be(0);
        (await browser.GetAsync(callback)).Status.Should().Be(303, "the attempt that was under way still counts");
    }

    [Theory]
    [InlineData(9 * 1024)]
    [InlineData(1024 * 1024)]
    public async Task DL_3_A_query_beyond_8_KB_is_refused_before_any_work(int size)
    {
        await using WebWorld world = await WebWorld.StartAsync();
        int status = await SendAsync(world.Address.Port, Encoding.ASCII.GetBytes($"GET /connections/acme/callback?code={new string('a', size)} HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n"));

        status.Should().Be(414);
        world.Store.Calls.Should().BeEmpty();
    }

    [Theory]
    [InlineData("Content-Length: 40000\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n")]
    public async Task DL_3_A_form_beyond_32_KB_is_refused_before_any_work(string length)
    {
        await using WebWorld world = await WebWorld.StartAsync();
        using Browser browser = await world.BrowserOfAsync("ada");
        string body = "returnUrl=" + new string('a', 39_990);
        if (length.StartsWith('T'))
            body = $"{body.Length.ToString("x", CultureInfo.InvariantCulture)}\r\n{body}\r\n0\r\n\r\n";
        int status = await SendAsync(world.Address.Port, Encoding.ASCII.GetBytes(
            $"POST /connections/acme/connect HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\nCookie: {string.Join("; ", browser.Cookies.Select(c => $"{c.Key}={c.Value}"))}\r\nContent-Type: application/x-www-form-urlencoded\r\n{length}\r\n{body}"));

        status.Should().Be(413);
        world.Store.Calls.Should().BeEmpty();
    }

    private static async Task<int> SendAsync(int port, byte[] request)
    {
        using var client = new TcpClient("127.0.0.1", port) { NoDelay = true };
        NetworkStream stream = client.GetStream();
        try
        {
            await stream.WriteAsync(request);
            byte[] answer = new byte[64];
            int read = await stream.ReadAtLeastAsync(answer, 12, throwOnEndOfStream: false);
            return read < 12 ? 400 : int.Parse(Encoding.ASCII.GetString(answer, 9, 3), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 400; // The server has closed what it did not want to hear out.
        }
    }
}
