using System.IO.Compression;
using System.Net.Sockets;
using System.Text;

namespace TokenLifecycle.Testing.Tests;

public sealed class FaultTests
{
    [Fact]
    public async Task A_status_comes_with_any_retry_after_for_as_many_requests_as_asked_and_consumes_nothing()
    {
        await using Talk talk = await Talk.WithAsync();
        string token = talk.Issue().RefreshToken!;
        talk.Server.TokenEndpoint.FailNext(Fault.Status(503, retryAfter: "soon, perhaps"), times: 2);

        Talk.Answer first = await talk.RefreshAsync(token);
        Talk.Answer second = await talk.RefreshAsync(token);
        Talk.Answer third = await talk.RefreshAsync(token);

        (first.Status, second.Status, third.Status).Should().Be((503, 503, 200));
        first.Response.Headers.GetValues("Retry-After").Should().Equal("soon, perhaps");
        talk.Server.Log.RefreshRequests.Select(request => request.Outcome).Should()
            .Equal(TokenRequestOutcome.NotProcessed, TokenRequestOutcome.NotProcessed, TokenRequestOutcome.Issued);
        talk.Server.Log.MaxPresentations.Should().Be(3);
    }

    [Fact]
    public async Task Rules_apply_in_order_and_only_to_the_requests_they_are_for_until_recovery()
    {
        await using Talk talk = await Talk.WithAsync();
        talk.Server.Api.FailAlways(Fault.Status(500), when: request => request.Path == "/api/echo");
        talk.Server.Api.FailAlways(Fault.Status(502));

        int echo = (await talk.ApiAsync("/api/echo", null)).Status;
        int me = (await talk.ApiAsync("/api/me", null)).Status;
        talk.Server.Api.Recover();
        int recovered = (await talk.ApiAsync("/api/me", null)).Status;

        (echo, me, recovered).Should().Be((500, 502, 401));
    }

    [Fact]
    public async Task A_fixed_body_has_its_type_and_headers()
    {
        await using Talk talk = await Talk.WithAsync();
        talk.Server.TokenEndpoint.FailNext(Fault.Body(200, "<html>", "text/html").WithHeader("X-Cache", "miss"));
        talk.Server.TokenEndpoint.FailNext(Fault.Bytes(200, new byte[] { 0xEF, 0xBB, 0xBF, 0xFF }));

        Talk.Answer html = await talk.RefreshAsync("x");
        using HttpResponseMessage bytes = await talk.Http.PostAsync(talk.Server.TokenEndpoint.Address, null);

        (html.Body, html.Response.Content.Headers.ContentType!.MediaType).Should().Be(("<html>", "text/html"));
        html.Response.Headers.GetValues("X-Cache").Should().Equal("miss");
        (await bytes.Content.ReadAsByteArrayAsync()).Should().Equal(0xEF, 0xBB, 0xBF, 0xFF);
    }

    [Fact]
    public async Task A_redirect_names_its_target()
    {
        await using Talk talk = await Talk.WithAsync();
        talk.Server.TokenEndpoint.FailNext(Fault.Redirect("http://evil.example/", 307));

        Talk.Answer answer = await talk.RefreshAsync("x");

        (answer.Status, answer.Response.Headers.Location!.OriginalString).Should().Be((307, "http://evil.example/"));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task A_dropped_connection_consumes_the_refresh_token_only_after_processing(bool after, bool live)
    {
        await using Talk talk = await Talk.WithAsync();
        string token = talk.Issue().RefreshToken!;
        talk.Server.TokenEndpoint.FailNext(after ? Fault.DropAfterProcessing() : Fault.DropBeforeProcessing());

        await talk.Invoking(t => t.RefreshAsync(token)).Should().ThrowAsync<HttpRequestException>();

        talk.Server.IsLive(token).Should().Be(live);
    }

    [Fact]
    public async Task Any_fault_can_happen_after_processing()
    {
        await using Talk talk = await Talk.WithAsync();
        string token = talk.Issue().RefreshToken!;
        talk.Server.TokenEndpoint.FailNext(Fault.Status(500).AfterProcessing());

        Talk.Answer answer = await talk.RefreshAsync(token);

        (answer.Status, talk.Server.IsLive(token)).Should().Be((500, false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_held_request_waits_for_its_release(bool reply)
    {
        await using Talk talk = await Talk.WithAsync();
        string token = talk.Issue().RefreshToken!;
        FaultHold hold = reply ? Fault.HoldReply() : Fault.Hold();
        talk.Server.TokenEndpoint.FailNext(hold);

        Task<Talk.Answer> refreshing = talk.RefreshAsync(token);
        await hold.Reached;
        bool liveMeanwhile = talk.Server.IsLive(token);
        hold.Release();

        (await refreshing).Status.Should().Be(200);
        liveMeanwhile.Should().Be(!reply);
    }

    [Fact]
    public async Task A_held_request_may_end_in_another_fault()
    {
        await using Talk talk = await Talk.WithAsync();
        FaultHold hold = Fault.Hold();
        talk.Server.TokenEndpoint.FailNext(hold);

        Task<Talk.Answer> refreshing = talk.RefreshAsync("x");
        await hold.Reached;
        hold.Release(Fault.DropBeforeProcessing());

        await refreshing.Invoking(r => r).Should().ThrowAsync<HttpRequestException>();
    }

    [Fact]
    public async Task A_delay_goes_by_the_servers_clock()
    {
        await using Talk talk = await Talk.WithAsync();
        talk.Server.TokenEndpoint.FailNext(Fault.Delay(TimeSpan.FromSeconds(30)));

        Task<Talk.Answer> answer = talk.TokenAsync(("grant_type", "client_credentials"));
        await talk.Clock.WaitForTimersAsync(1);
        talk.Clock.Advance(TimeSpan.FromSeconds(30));

        (await answer).Status.Should().Be(200);
    }

    [Fact]
    public async Task The_true_reply_can_be_changed()
    {
        await using Talk talk = await Talk.WithAsync();
        talk.Server.TokenEndpoint.FailNext(Fault.Transform(body => body.Replace("3600", "\"3600\"")));

        Talk.Answer answer = await talk.TokenAsync(("grant_type", "client_credentials"));

        answer.Body.Should().Contain("\"expires_in\":\"3600\"");
    }

    [Fact]
    public async Task A_truncated_reply_promises_more_than_it_sends()
    {
        await using Talk talk = await Talk.WithAsync();
        talk.Server.TokenEndpoint.FailNext(Fault.Truncate());
        talk.Server.TokenEndpoint.FailNext(Fault.Truncate());

        string raw = await RawAsync(talk);

        await talk.Invoking(t => t.TokenAsync(("grant_type", "client_credentials"))).Should().ThrowAsync<HttpRequestException>();
        int promised = int.Parse(raw.Split("Content-Length: ")[1].Split('\r')[0], System.Globalization.CultureInfo.InvariantCulture);
        raw.Split("\r\n\r\n")[1].Length.Should().Be(promised / 2).And.BePositive();
    }

    [Fact]
    public async Task A_close_delimited_truncated_reply_cannot_be_told_from_a_whole_one()
    {
        await using Talk talk = await Talk.WithAsync();
        talk.Server.TokenEndpoint.FailAlways(Fault.TruncateCloseDelimited());

        string raw = await RawAsync(talk);
        Talk.Answer answer = await talk.TokenAsync(("grant_type", "client_credentials"));

        raw.Should().NotContain("Content-Length").And.NotContain("chunked");
        raw.Split("\r\n\r\n")[1].Should().StartWith("{\"access_token\":").And.NotEndWith("}");
        answer.Status.Should().Be(200);
        answer.Body.Should().StartWith("{\"access_token\":").And.NotEndWith("}");
    }

    [Fact]
    public async Task A_dripping_reply_comes_byte_by_byte_as_the_test_lets_it()
    {
        await using Talk talk = await Talk.WithAsync();
        FaultDrip drip = Fault.Drip();
        talk.Server.TokenEndpoint.FailNext(drip);

        using HttpResponseMessage response = await talk.Http.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, talk.Server.TokenEndpoint.Address), HttpCompletionOption.ResponseHeadersRead);
        Stream body = await response.Content.ReadAsStreamAsync();
        await drip.Reached;
        Task<int> first = body.ReadAsync(new byte[100]).AsTask();
        bool early = first.IsCompleted;
        drip.Send();
        int bytes = await first;
        drip.Finish();
        string rest = await new StreamReader(body).ReadToEndAsync();

        (early, bytes, rest.Length).Should().Be((false, 1, (int)response.Content.Headers.ContentLength! - 1));
    }

    [Fact]
    public async Task A_dripping_reply_can_go_by_the_servers_clock()
    {
        await using Talk talk = await Talk.WithAsync();
        talk.Server.TokenEndpoint.FailNext(Fault.Drip(TimeSpan.FromSeconds(1)));
        Task<Talk.Answer> answer = talk.RefreshAsync("nonsense");

        while (!answer.IsCompleted)
        {
            await Task.WhenAny(answer, talk.Clock.WaitForTimersAsync(1));
            talk.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        (await answer).Json["error"]!.ToString().Should().Be("invalid_grant");
        talk.Clock.GetUtcNow().Minute.Should().BePositive();
    }

    [Fact]
    public async Task An_oversize_reply_is_as_large_as_asked()
    {
        await using Talk talk = await Talk.WithAsync();
        talk.Server.TokenEndpoint.FailNext(Fault.Oversize(1_000_000));

        Talk.Answer answer = await talk.RefreshAsync("x");

        answer.AccessToken.Should().HaveLength(1_000_000);
    }

    [Fact]
    public async Task An_endless_reply_goes_on_until_the_client_hangs_up()
    {
        await using Talk talk = await Talk.WithAsync();
        talk.Server.TokenEndpoint.FailNext(Fault.Oversize(long.MaxValue));

        using HttpResponseMessage response = await talk.Http.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, talk.Server.TokenEndpoint.Address), HttpCompletionOption.ResponseHeadersRead);
        await (await response.Content.ReadAsStreamAsync()).ReadExactlyAsync(new byte[2_000_000]);
    }

    [Fact]
    public async Task A_gzip_bomb_is_small_on_the_wire()
    {
        await using Talk talk = await Talk.WithAsync();
        talk.Server.TokenEndpoint.FailNext(Fault.GzipBomb(8_000_000));

        using HttpResponseMessage response = await talk.Http.PostAsync(talk.Server.TokenEndpoint.Address, null);
        byte[] packed = await response.Content.ReadAsByteArrayAsync();

        response.Content.Headers.ContentEncoding.Should().Equal("gzip");
        packed.Length.Should().BeLessThan(100_000);
        using var unpacked = new MemoryStream();
        await new GZipStream(new MemoryStream(packed), CompressionMode.Decompress).CopyToAsync(unpacked);
        unpacked.Length.Should().BeGreaterThan(8_000_000);
    }

    [Fact]
    public async Task Stopping_the_server_ends_held_requests()
    {
        Talk talk = await Talk.WithAsync();
        FaultHold hold = Fault.Hold();
        talk.Server.TokenEndpoint.FailNext(hold);
        Task<Talk.Answer> refreshing = talk.RefreshAsync("x");
        await hold.Reached;

        await talk.Server.DisposeAsync();

        await refreshing.Invoking(r => r).Should().ThrowAsync<HttpRequestException>();
        talk.Http.Dispose();
    }

    private static async Task<string> RawAsync(Talk talk)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(talk.Server.Address.Host, talk.Server.Address.Port);
        NetworkStream stream = tcp.GetStream();
        string form = $"grant_type=client_credentials&client_id={talk.Server.ClientId}&client_secret={talk.Server.ClientSecret}";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {talk.Server.TokenEndpoint.Address.AbsolutePath} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {form.Length}\r\n\r\n{form}"));
        var received = new MemoryStream();
        try
        {
            await stream.CopyToAsync(received);
        }
        catch (IOException)
        {
            // A reset: what came before it counts.
        }

        return Encoding.ASCII.GetString(received.ToArray());
    }
}
