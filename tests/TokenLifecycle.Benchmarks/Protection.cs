using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Benchmarks;

/// <summary>A pair of tokens of 2 KB, as they go into a store and come out of it.</summary>
public class Protection
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tokenlifecycle-bench-").FullName;
    private readonly string _access = new('a', 1024);
    private readonly string _refresh = new('r', 1024);
    private ServiceProvider _app = null!;
    private ITokenProtector _protector = null!;
    private string _protectedAccess = null!;
    private string _protectedRefresh = null!;
    private TokenKey _key;

    [GlobalSetup]
    public void SetUp()
    {
        ServiceCollection services = BenchWorld.Services();
        services.AddTokenLifecycle().ProtectWithKeyFile(Path.Combine(_folder, "keys.json"), createIfMissing: true);
        _app = services.BuildServiceProvider();
        _protector = _app.GetRequiredService<ITokenProtector>();
        _key = BenchWorld.KeyOf(0);
        Protect();
    }

    [GlobalCleanup]
    public void TearDown()
    {
        _app.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark]
    public void Protect() => (_protectedAccess, _protectedRefresh) = (_protector.Protect(_key, "access_token", _access), _protector.Protect(_key, "refresh_token", _refresh));

    [Benchmark]
    public int Unprotect() => _protector.Unprotect(_key, "access_token", _protectedAccess).Length + _protector.Unprotect(_key, "refresh_token", _protectedRefresh).Length;
}
