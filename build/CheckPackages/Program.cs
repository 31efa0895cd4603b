// Checks the packages that build/pack.sh built, then runs the commands and programs of the readmes with them in new projects outside the repository.
using System.Text.Json;
using CheckPackages;
using TokenLifecycle.Postgres;
using TokenLifecycle.RedisServers;
using TokenLifecycle.Testing;

if (args is not [var root, var version, var commit, var work])
{
    Console.Error.WriteLine("usage: CheckPackages <repository> <version> <commit> <empty folder outside the repository>");
    return 2;
}

string feed = Path.Combine(root, "artifacts", "packages");
var report = new Report();
string[] ids = [.. Directory.GetDirectories(Path.Combine(root, "src")).Select(static folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

string[] strangers = [.. Directory.GetFiles(feed).Select(static file => Path.GetFileName(file)).Except(ids.Select(id => $"{id}.{version}.nupkg"))];
report.Check(strangers.Length == 0, $"artifacts/packages also contains {string.Join(", ", strangers)}");
bool haveAddress = true;
foreach (string id in ids)
{
    using var package = new PackageFile(root, id, version);
    haveAddress &= package.Check(report, commit);
}

if (!haveAddress)
    report.Note("no repository address and no source link: this checkout has no remote named origin");

if (report.Failures == 0)
    await FollowReadmesAsync();

Console.WriteLine(JsonSerializer.Serialize(new { packages = ids.Length, projects = report.Projects, checks = report.Checks, failed = report.Failures, seconds = report.Seconds }));
return report.Failures == 0 ? 0 : 1;

async Task FollowReadmesAsync()
{
    // Two groups run at the same time on two cores.
    var shell = new Shell(work, feed);
    try
    {
        await Task.WhenAll(FollowCoreAsync(shell), FollowOthersAsync(shell));
    }
    catch (InvalidOperationException e)
    {
        report.Check(holds: false, e.Message);
        return;
    }

    foreach (string id in ids)
        report.Check(shell.HasInstalled(id, version), $"the projects did not use {id} {version} of artifacts/packages");
}

async Task FollowCoreAsync(Shell shell)
{
    FreshProject console = await CreateAsync(shell, "console app, by the readme of TokenLifecycle", Package("TokenLifecycle"), "first-steps");
    await console.RunAsync();
    await console.RunTrimmedAsync();
}

async Task FollowOthersAsync(Shell shell)
{
    FreshProject provider = await CreateAsync(shell, "console app, by the readme of TokenLifecycle.Providers", Package("TokenLifecycle.Providers"), "first-provider");
    await provider.RunAsync();

    FreshProject sqlite = await CreateAsync(shell, "console app on SQLite, by the readme of TokenLifecycle.EntityFramework", Package("TokenLifecycle.EntityFramework"), "first-sqlite");
    await sqlite.RunAsync();

    string readme = Path.Combine(root, "README.md");
    FreshProject worker = await CreateAsync(shell, "worker, by README.md", readme, "worker");
    await worker.RunUntilAsync("ada has to connect: NotConnected", static _ => Task.CompletedTask);

    FreshProject web = await CreateAsync(shell, "web app, by README.md", readme, "web-app");
    report.Check(web.Recipe.IsAlsoIn(Package("TokenLifecycle.AspNetCore")), "the readme of TokenLifecycle.AspNetCore shows another program than README.md");
    await using (SimulatedAuthorizationServer strava = await WebWalk.StartProviderAsync(web.Recipe))
        await web.RunUntilAsync("Now listening on: ", line => new WebWalk(report, strava, new Uri(line.Split("on: ")[1])).WalkAsync(), WebWalk.Settings(strava));

    if (RedisServer.Program is null)
    {
        report.Note($"the readme of TokenLifecycle.Redis was not checked: {RedisServer.Missing}");
        report.Check(Environment.GetEnvironmentVariable("CI") != "true", "with CI=true nothing may be skipped");
    }
    else
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        FreshProject runs = await CreateAsync(shell, "console app on Redis, by the readme of TokenLifecycle.Redis", Package("TokenLifecycle.Redis"), "first-redis");
        await runs.RunAsync(("REDIS", redis.Configuration));
    }

    if (PostgresBinaries.Folder is null)
    {
        report.Note($"the readme of TokenLifecycle.EntityFramework.PostgreSql was not followed: {PostgresBinaries.Missing}");
        report.Check(Environment.GetEnvironmentVariable("CI") != "true", "CI may skip nothing");
        return;
    }

    await using PostgresCluster cluster = await PostgresCluster.StartAsync();
    FreshProject database = await CreateAsync(shell, "console app on PostgreSQL, by the readme of TokenLifecycle.EntityFramework.PostgreSql", Package("TokenLifecycle.EntityFramework.PostgreSql"), "first-database");
    await database.RunAsync(("DATABASE", await cluster.CreateDatabaseAsync()));
}

string Package(string id) => Path.Combine(root, "src", id, "README.md");

async Task<FreshProject> CreateAsync(Shell shell, string name, string page, string snippet)
{
    var project = new FreshProject(report, shell, name, new Recipe(page, snippet), isPreview: version.Contains('-', StringComparison.Ordinal));
    await project.CreateAsync();
    return project;
}
