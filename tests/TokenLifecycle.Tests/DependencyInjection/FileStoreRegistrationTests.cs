using Microsoft.Extensions.DependencyInjection;
using TokenLifecycle.Storage;
using TokenLifecycle.TestKit;
using TokenLifecycle.Tests.Storage;

namespace TokenLifecycle.Tests.DependencyInjection;

public sealed class FileStoreRegistrationTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_store_keeps_its_folder_and_takes_the_place_of_an_earlier_store()
    {
        var services = new ServiceCollection();
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, _folder.Path);
        services.AddTokenLifecycle().UseDistributedCacheStore().UseFileStore(relative + Path.DirectorySeparatorChar);
        await using ServiceProvider built = services.BuildServiceProvider();
        ITokenStore store = built.GetRequiredService<ITokenStore>();
        Directory.Exists(_folder.Path).Should().BeFalse("nothing is made before it is used");

        TokenKey key = new("strava", "anna");
        await store.SaveAsync(new StoredToken { Key = key, Tokens = new TokenSet { AccessToken = Canary.New("at") } }, StoredToken.Unsaved, CancellationToken.None);

        store.Should().BeOfType<FileTokenStore>();
        File.Exists(_folder.FileOf(key)).Should().BeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData(null)]
    public void A_file_store_without_a_folder_is_refused_at_once(string? path)
    {
        TokenLifecycleBuilder builder = new ServiceCollection().AddTokenLifecycle();

        builder.Invoking(b => b.UseFileStore(path!)).Should().Throw<ArgumentException>();
        ((Action)(() => _ = new FileTokenStore(path!, TimeProvider.System))).Should().Throw<ArgumentException>();
    }
}
