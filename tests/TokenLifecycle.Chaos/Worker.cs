using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace TokenLifecycle.Chaos;

/// <summary>
/// A process that gets tokens when told to, uses each at the API, and says what came of it. Lines in: <c>get N</c>, <c>arm FAILPOINT</c>, <c>stop FAILPOINT</c>,
/// <c>starve all</c>, <c>feed all</c>. Lines out: <c>ready</c>, <c>ok N ACCOUNT</c>, <c>reauth N REASON</c>, <c>error N KIND</c>, <c>saved USER TICKS</c>, <c>starved all</c>.
/// </summary>
internal static class Worker
{
    public static async Task<int> RunAsync(WorkerSettings settings)
    {
        using var output = new BlockingCollection<string>();
        Thread writer = new(() =>
        {
            using Stream stream = Console.OpenStandardOutput();
            foreach (string line in output.GetConsumingEnumerable())
                stream.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
        });
        writer.Start();

        var failpoint = new Failpoint();
        await using ServiceProvider app = WorkerHost.Build(settings, store => new WatchedStore(store, failpoint, output.Add, TimeProvider.System), new Publication(failpoint));
        ITokenManager tokens = app.GetRequiredService<ITokenManager>();
        using var api = new HttpClient();
        await WarmUpAsync(tokens);
        output.Add("ready");

        using var food = new ManualResetEventSlim();
        var running = new List<Task>();
        while (Console.In.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            if (words[0] == "arm")
                failpoint.Arm(words[1]);
            else if (words[0] == "stop")
                failpoint.ArmStop(words[1]);
            else if (words[0] == "starve")
                TakeAllThreads(food, () => output.Add("starved all"));
            else if (words[0] == "feed")
                food.Set();
            else
                running.Add(Task.Run(() => GetAsync(tokens, api, settings, int.Parse(words[1], CultureInfo.InvariantCulture), output.Add)));
        }

        await Task.WhenAll(running);
        output.CompleteAdding();
        writer.Join();
        return 0;
    }

    /// <summary>Gets a token, uses it at the API, and says what came of it.</summary>
    internal static async Task GetAsync(ITokenManager tokens, HttpClient api, WorkerSettings settings, int connection, Action<string> say)
    {
        try
        {
            AccessToken token = await tokens.GetAccessTokenAsync(WorkerHost.KeyOf(connection));
            using var request = new HttpRequestMessage(HttpMethod.Get, settings.UserInfo);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
            using HttpResponseMessage response = await api.SendAsync(request);
            string body = await response.Content.ReadAsStringAsync();
            string account = response.IsSuccessStatusCode ? JsonDocument.Parse(body).RootElement.GetProperty("id").GetString()! : $"HTTP-{(int)response.StatusCode}";
            say($"ok {connection} {account}");
        }
        catch (ReauthorizationRequiredException gone)
        {
            say($"reauth {connection} {gone.Reason}");
        }
        catch (TokenTemporarilyUnavailableException later)
        {
            say($"error {connection} {later.Kind}");
        }
        catch (HttpRequestException failure)
        {
            say($"error {connection} api:{failure.HttpRequestError}");
        }
    }

    /// <summary>Nothing runs on the thread pool any more, no timer and no answer, until there is food.</summary>
    private static void TakeAllThreads(ManualResetEventSlim food, Action starved)
    {
        int threads = Environment.ProcessorCount * 4;
        ThreadPool.SetMinThreads(threads, threads);
        ThreadPool.SetMaxThreads(threads, threads);
        int left = threads - 1; // One is taken already: it reads what this process is told.
        for (int thread = left; thread > 0; thread--)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ =>
            {
                if (Interlocked.Decrement(ref left) == 0)
                    starved();
                food.Wait();
            }, null);
        }
    }

    /// <summary>The store's code is compiled and its connection open before the first connection counts; on a busy machine that takes longer than a store may.</summary>
    internal static async Task WarmUpAsync(ITokenManager tokens, string user = "nobody", CancellationToken cancellationToken = default)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await tokens.GetAccessTokenAsync(new TokenKey(WorkerHost.Provider, user));
                return;
            }
            catch (TokenTemporarilyUnavailableException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
            }
            catch (ReauthorizationRequiredException)
            {
                return; // Nobody is not connected.
            }
        }
    }

    internal sealed class Publication(Failpoint failpoint) : ITokenLifecycleObserver
    {
        public ValueTask OnEventAsync(TokenEvent tokenEvent, CancellationToken cancellationToken)
        {
            if (tokenEvent.Kind == TokenEventKind.Refreshed)
                failpoint.Pass(Failpoint.AfterPublish);
            return ValueTask.CompletedTask;
        }
    }
}
