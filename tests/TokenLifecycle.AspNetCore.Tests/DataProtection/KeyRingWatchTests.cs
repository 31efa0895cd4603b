using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using TokenLifecycle.Testing;

namespace TokenLifecycle.AspNetCore.Tests.DataProtection;

/// <summary>Keys may be kept anywhere, and each place fails in its own way. What a timer throws ends the process.</summary>
[Trait("Rule", "FR-2")]
public sealed class KeyRingWatchTests
{
    public static TheoryData<string> Failures => ["cryptographic", "database", "canceled", "disposed"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Keys_that_cannot_be_looked_at_again_end_nothing(string failure)
    {
        var clock = new ManualTimeProvider();
        var keys = new UnreadableKeys(failure);
        var environment = new HostingEnvironment { EnvironmentName = Environments.Development };
        var check = new KeyRingCheck(
            keys, Microsoft.Extensions.Options.Options.Create(new KeyManagementOptions()), Microsoft.Extensions.Options.Options.Create(new DataProtectionOptions()), Microsoft.Extensions.Options.Options.Create(new DataProtectionTokenOptions()), environment, NullLogger<KeyRingCheck>.Instance);
        using var watch = new KeyRingWatch(keys, check, clock);
        await watch.StartAsync(CancellationToken.None);

        FluentActions.Invoking(() => clock.Advance(KeyRingWatch.LookAgainAfter)).Should().NotThrow();

        keys.Looks.Should().Be(1);
    }

    private sealed class UnreadableKeys(string failure) : IDataProtectionProvider, IDataProtector
    {
        public int Looks { get; private set; }

        public IDataProtector CreateProtector(string purpose) => this;

        public byte[] Protect(byte[] plaintext) => new byte[64];

        public byte[] Unprotect(byte[] protectedData)
        {
            Looks++;
            throw failure switch
            {
                "cryptographic" => new CryptographicException(),
                "database" => new InvalidOperationException("The database of the keys is down."),
                "canceled" => new OperationCanceledException(),
                _ => new ObjectDisposedException("something"),
            };
        }
    }
}
