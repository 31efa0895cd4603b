using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Tests.DependencyInjection;

/// <summary>A folder that cannot be used is said on start or by the health check of a real host, and nothing is lost.</summary>
public sealed class FileStoreFitnessTests
{
    private const int Kilobytes = 1024;

    [Theory]
    [InlineData("")]
    [InlineData("tokens")]
    public async Task F15_a_path_that_is_no_folder_stops_the_start_with_the_path_and_what_to_do(string below)
    {
        string file = Path.GetTempFileName();
        await using FileApp app = await FileApp.StartAsync(Path.Combine(file, below));

        TokenStoreNotReadyException unfit = (await app.Host.Invoking(host => host.StartAsync()).Should().ThrowAsync<TokenStoreNotReadyException>()).Which;

        unfit.Message.Should().Contain(file).And.Contain("is a file").And.Contain("UseFileStore");
        app.Server.Log.TokenRequests.Should().BeEmpty();
        File.Delete(file);
    }

    [VolumeFact]
    public async Task F15_F11_on_a_read_only_disk_the_app_does_not_start_a_running_one_serves_what_is_valid_and_no_token_is_spent()
    {
        using Volume volume = new(Kilobytes);
        await using FileApp app = await FileApp.StartAsync(volume.Folder);
        await app.Host.StartAsync();
        TokenSet valid = await app.ConnectAsync("ada");
        volume.SetReadOnly(true);

        (await app.GetAsync("ada")).Value.Should().Be(valid.AccessToken);
        (await app.NewHost().Invoking(host => host.StartAsync()).Should().ThrowAsync<TokenStoreNotReadyException>()).Which.Message.Should().ContainAll("read-only", volume.Folder);
        app.Expire();
        await app.Invoking(a => a.GetAsync("ada")).Should().ThrowAsync<TokenTemporarilyUnavailableException>().Where(e => e.Kind == TokenFailureKind.StoreUnavailable);
        HealthCheckResult health = await app.StoreHealthAsync();

        health.Status.Should().Be(HealthStatus.Unhealthy);
        health.Description.Should().Contain("read-only");
        app.Server.Log.TokenRequests.Should().BeEmpty();
        volume.SetReadOnly(false);
        (await app.GetAsync("ada")).Value.Should().NotBe(valid.AccessToken, "it heals without a restart");
        (await app.StoreHealthAsync()).Status.Should().Be(HealthStatus.Healthy);
    }

    [VolumeFact]
    public async Task F15_F12_F55_a_disk_that_fills_up_during_the_call_costs_no_token_and_no_second_call()
    {
        using Volume volume = new(Kilobytes);
        await using FileApp app = await FileApp.StartAsync(volume.Folder);
        await app.Host.StartAsync();
        TokenSet before = await app.ConnectAsync("ada");
        app.Expire();
        FaultHold hold = Fault.Hold();
        app.Server.TokenEndpoint.FailNext(hold);
        Task<AccessToken> waiting = app.GetAsync("ada");
        await hold.Reached;
        volume.Fill();
        hold.Release();

        AccessToken token = await waiting;

        HealthCheckResult health = await app.HealthAsync();
        (health.Status, (await app.StoreHealthAsync()).Status).Should().Be((HealthStatus.Degraded, HealthStatus.Unhealthy));
        health.Description.Should().Contain("could not be saved yet");
        ITokenStore store = app.Host.Services.GetRequiredService<ITokenStore>();
        (await store.FindAsync(FileApp.KeyOf("ada"), CancellationToken.None))!.Tokens.RefreshToken.Should().Be(before.RefreshToken, "the old row is whole");
        await app.NewHost().Invoking(host => host.StartAsync()).Should().ThrowAsync<TokenStoreNotReadyException>().WithMessage("*full*");

        volume.Free();
        await app.Host.StopAsync();
        (await store.FindAsync(FileApp.KeyOf("ada"), CancellationToken.None))!.Tokens.AccessToken.Should().Be(token.Value);
        app.Refreshes.Should().Be(1);
    }
}
