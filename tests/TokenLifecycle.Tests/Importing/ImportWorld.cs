using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Importing;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Lifecycle;

namespace TokenLifecycle.Tests.Importing;

/// <summary>What the tests of the import ask a world again and again. Every report is looked through for secrets.</summary>
internal static class ImportWorld
{
    public static readonly ImportOptions ForReal = new() { DryRun = false };

    public static async Task<ImportReport> ImportAsync(this World world, IAsyncEnumerable<ImportRow> rows, ImportOptions? options = null)
    {
        ImportReport report = await world.Services.GetRequiredService<TokenImporter>().ImportAsync(rows, options ?? ForReal);
        CanaryWatch.Inspect(report);
        foreach (ImportRefusal refusal in report.Refused)
        {
            refusal.ToString().Should().NotContain(Canary.Mark);
            refusal.Message.Should().EndWith(".", "it is a sentence that says what to do");
        }

        report.ToString().Should().NotContain(Canary.Mark);
        return report;
    }

    public static Task<ImportReport> ImportAsync(this World world, params ImportRow[] rows) => world.ImportAsync(rows.ToAsyncEnumerable());

    public static async Task<ImportRefusal> RefusedAsync(this World world, ImportRow row, ImportRefusalReason reason)
    {
        ImportReport report = await world.ImportAsync(row);
        report.Imported.Should().BeEmpty();
        ImportRefusal refusal = report.Refused.Should().ContainSingle().Which;
        refusal.Reason.Should().Be(reason, refusal.Message);
        world.Store.CountOf("save").Should().Be(0);
        return refusal;
    }

    public static ImportRow Row(
        this World world,
        string? user = "ada",
        string? access = "",
        string? refresh = "",
        object? expiresAt = null,
        string? scope = null,
        string? accountId = null,
        object? issuedAt = null,
        string? provider = World.Provider,
        string? connection = null) => new()
    {
        Provider = provider,
        UserId = user,
        Connection = connection,
        AccessToken = access?.Length == 0 ? Canary.New("access") : access,
        RefreshToken = refresh?.Length == 0 ? Canary.New("refresh") : refresh,
        ExpiresAt = expiresAt ?? world.Clock.GetUtcNow().AddMinutes(50),
        Scope = scope,
        AccountId = accountId,
        IssuedAt = issuedAt,
    };
}
