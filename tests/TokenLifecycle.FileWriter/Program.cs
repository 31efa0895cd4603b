// A process that uses a token folder and may be killed at any moment. What it has been told is saved, it says on its output.
//   write FOLDER USER            saves generation after generation and says each
//   count FOLDER USER TIMES      raises one shared number that often, by compare-and-swap
//   hold FILE                    locks a file until its input ends
//   begin FOLDER                 for each user on its input: begins a refresh and says what came of it
using System.Globalization;
using TokenLifecycle;
using TokenLifecycle.Storage;

FileTokenStore store = new(args[1], TimeProvider.System);
try
{
    return await RunAsync();
}
catch (IOException refusal)
{
    await SayAsync(refusal.Message);
    return 2;
}

async Task<int> RunAsync()
{
    switch (args[0])
    {
        case "write":
            while (true)
                await SaveNextAsync(args[2]);

        case "count":
            for (int left = int.Parse(args[3], CultureInfo.InvariantCulture); left > 0;)
                left -= await SaveNextAsync(args[2]) ? 1 : 0;
            return 0;

        case "begin":
            string attemptId = Guid.NewGuid().ToString("N");
            await SayAsync("ready");
            while (await Console.In.ReadLineAsync() is { } user)
                await SayAsync($"{(await store.BeginRefreshAsync(new TokenKey("strava", user), attemptId, TimeSpan.FromHours(1), CancellationToken.None)).Kind}");
            return 0;

        case "hold":
            await using (new FileStream(args[1], FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
            {
                await SayAsync("held");
                await Console.In.ReadLineAsync();
            }

            return 0;

        default:
            return 1;
    }
}

async Task<bool> SaveNextAsync(string user)
{
    TokenKey key = new("strava", user);
    StoredToken? row = await store.FindAsync(key, CancellationToken.None);
    int next = row is null ? 1 : int.Parse(row.Tokens.AccountId!, CultureInfo.InvariantCulture) + 1;
    string text = next.ToString(CultureInfo.InvariantCulture);

    // Long enough for several pages of the disk: a half written file would show.
    TokenSet tokens = new() { AccessToken = text.PadLeft(9000, '0'), RefreshToken = text.PadLeft(9000, '0'), AccountId = text };
    SaveResult result = await store.SaveAsync(new StoredToken { Key = key, Tokens = tokens }, row?.Version ?? StoredToken.Unsaved, CancellationToken.None);
    if (result.IsSaved)
        await SayAsync(text);
    return result.IsSaved;
}

static async Task SayAsync(string line)
{
    await Console.Out.WriteLineAsync(line);
    await Console.Out.FlushAsync();
}
