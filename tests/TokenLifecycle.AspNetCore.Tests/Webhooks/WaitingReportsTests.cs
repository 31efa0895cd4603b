namespace TokenLifecycle.AspNetCore.Tests.Webhooks;

[Trait("Rule", "Law 15")]
public sealed class WaitingReportsTests
{
    private readonly WaitingReports _reports = new();

    [Fact]
    public async Task Reports_are_taken_in_their_order_and_each_once()
    {
        _reports.Add(new("a", "1"));
        _reports.Add(new("b", "1"));
        _reports.Add(new("a", "1"));

        (await TakeAsync()).Should().Be(new WithdrawalReport("a", "1"));
        (await TakeAsync()).Should().Be(new WithdrawalReport("b", "1"));
        Task<WithdrawalReport> next = TakeAsync();
        next.IsCompleted.Should().BeFalse();
        _reports.Add(new("a", "1"));
        (await next).Should().Be(new WithdrawalReport("a", "1"));
    }

    [Fact]
    public async Task A_flood_at_one_provider_displaces_itself()
    {
        _reports.Add(new("quiet", "1"));
        for (int i = 0; i < 5000; i++)
            _reports.Add(new("flooded", $"{i}"));

        _reports.Count.Should().Be(WaitingReports.Most);
        (await TakeAsync()).Should().Be(new WithdrawalReport("quiet", "1"));
        (await TakeAsync()).Should().Be(new WithdrawalReport("flooded", "4001"));
        for (int i = 2; i < WaitingReports.Most; i++)
            await TakeAsync();
        _reports.Count.Should().Be(0);
        TakeAsync().IsCompleted.Should().BeFalse("none is left");
    }

    private Task<WithdrawalReport> TakeAsync() => _reports.TakeAsync(CancellationToken.None);
}
