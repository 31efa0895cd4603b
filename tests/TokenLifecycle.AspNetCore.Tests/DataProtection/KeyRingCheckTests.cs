using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TokenLifecycle.Storage;

namespace TokenLifecycle.AspNetCore.Tests.DataProtection;

/// <summary>ST-5: keys that others do not have, that end with the process or that lie open are no keys for stored tokens.</summary>
public sealed class KeyRingCheckTests
{
    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    public async Task ST5_keys_without_a_chosen_place_fail_the_start(string environment)
    {
        await using RingWorld world = await RingWorld.CreateAsync();
        IHost host = world.Build(protection: _ => { }, environment: environment);

        await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<TokenStoreNotReadyException>()
            .WithMessage("*No place was chosen*PersistKeysToFileSystem*AllowUnsharedKeys*");
    }

    [Fact]
    public async Task ST5_keys_that_end_with_the_process_fail_the_start()
    {
        await using RingWorld world = await RingWorld.CreateAsync();
        IHost host = world.Build(protection: keys => keys.PersistKeysToFileSystem(new DirectoryInfo(world.Ring)).UseEphemeralDataProtectionProvider(), environment: "Production");

        await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<TokenStoreNotReadyException>().WithMessage("*No place was chosen*");
    }

    [Fact]
    public async Task ST5_keys_that_lie_unencrypted_fail_the_start()
    {
        await using RingWorld world = await RingWorld.CreateAsync();
        IHost host = world.Build(environment: "Production");

        await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<TokenStoreNotReadyException>().WithMessage("*unencrypted*ProtectKeysWithCertificate*");
    }

    [Fact]
    public async Task ST5_the_operator_can_opt_in_and_a_developer_need_not()
    {
        await using RingWorld world = await RingWorld.CreateAsync();

        await world.Build(protection: _ => { }, options: o => o.AllowUnsharedKeys = true, environment: "Production").StartAsync();
        await world.Build(options: o => o.AllowUnencryptedKeys = true, environment: "Production").StartAsync();
        await world.Build(protection: keys => keys.UseEphemeralDataProtectionProvider()).StartAsync();
    }

    [Fact]
    public async Task ST5_a_shared_and_encrypted_ring_needs_no_word()
    {
        await using RingWorld world = await RingWorld.CreateAsync();
        using var key = RSA.Create(2048);
        using X509Certificate2 certificate = new CertificateRequest("CN=keys", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));

        IHost host = world.Build(
            protection: keys => keys.SetApplicationName("app").PersistKeysToFileSystem(new DirectoryInfo(world.Ring)).ProtectKeysWithCertificate(certificate), environment: "Production");
        await host.StartAsync();

        (await File.ReadAllTextAsync(world.KeyFiles.Single().FullName)).Should().Contain("EncryptedData");
    }

    [Fact]
    public async Task Keys_that_cannot_be_made_fail_the_start_with_their_cause()
    {
        await using RingWorld world = await RingWorld.CreateAsync();
        await File.WriteAllTextAsync(world.OtherRing("a-file"), "");
        IHost host = world.Build(world.OtherRing("a-file"));

        await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<TokenStoreNotReadyException>().WithMessage("*cannot be read or made*PersistKeysTo*");
    }

    [Fact]
    public async Task The_protector_is_that_of_the_library()
    {
        await using RingWorld world = await RingWorld.CreateAsync();

        RingWorld.Protector(await world.StartAsync()).Should().BeOfType<DataProtectionTokenProtector>();
        (await world.StartAsync()).Services.GetServices<IHostedService>().OfType<KeyRingWatch>().Should().ContainSingle();
    }
}
