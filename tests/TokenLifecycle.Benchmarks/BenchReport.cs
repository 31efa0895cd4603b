using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Benchmarks;

/// <summary>All figures of a run, side by side, and the promises among them. Ratios of one run are promises; the times are this machine's.</summary>
internal sealed class BenchReport
{
    private static readonly JsonSerializerOptions Written = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public required IReadOnlyList<Figure> Figures { get; init; }

    /// <summary>A warm token beside the limit, by turns; of one hot key.</summary>
    public required Duel Warm { get; init; }

    /// <summary>The same of 100,000 keys at random.</summary>
    public required Duel WarmAtRandom { get; init; }

    /// <summary>The handler beside a static header, by turns.</summary>
    public required Duel Handler { get; init; }

    /// <summary>The same where the answer comes later and on another thread, as every real one does: information.</summary>
    public required Duel HandlerLater { get; init; }

    /// <summary>A cold token from PostgreSQL beside the plain query, by turns, with Npgsql's defaults.</summary>
    public required Duel Cold { get; init; }

    /// <summary>The same where Npgsql prepares the statements of both.</summary>
    public required Duel ColdPrepared { get; init; }

    public required double TwoThreads { get; init; }

    public required (double Milliseconds, int Requests, int Rounds) Waiters { get; init; }

    public required (double All, double BesidesTokens) BytesPerConnection { get; init; }

    public required (double Megabytes, double MegabytesAfterTenTimes) Churn { get; init; }

    public required (double Milliseconds, double Kilobytes) StartUp { get; init; }

    public Promises Promises
    {
        get
        {
            Figure ours = Of("WarmGets.Ours"), random = Of("WarmGets.OursAtRandom");
            Figure handler = Of("Handlers.Ours"), header = Of("Handlers.StaticHeader");
            double msal = Of("WarmGets.Msal").Nanoseconds / ours.Nanoseconds;
            var promises = new Promises();
            promises.Keep(Warm.Ratio <= 1.5, $"a warm token takes at most 1.5 times the limit: {Warm.Ratio:0.00}");
            promises.Keep(WarmAtRandom.Ratio <= 1.5, $"so does one of 100,000 at random: {WarmAtRandom.Ratio:0.00}");
            promises.Keep(ours.Bytes == 0 && random.Bytes == 0, $"a warm token allocates nothing: {ours.Bytes} B and {random.Bytes} B");
            promises.Keep(msal >= 20, $"20 times faster than MSAL: {msal:0.0}");
            promises.Keep(TwoThreads >= 1.8, $"two threads do 1.8 times as much as one: {TwoThreads:0.00}");
            promises.Keep(Handler.Difference <= 150, $"the handler takes at most 150 ns more than a static header: {Handler.Difference}");
            promises.Keep(handler.Bytes - header.Bytes <= 64, $"and 64 B: {handler.Bytes - header.Bytes}");
            promises.Keep(Cold.Ratio <= 1.5, $"a cold token from PostgreSQL takes at most 1.5 times the plain query: {Cold.Ratio:0.00}");
            promises.Keep(ColdPrepared.Ratio <= 1.5, $"also where the statements of both are prepared: {ColdPrepared.Ratio:0.00}");
            promises.Keep(Waiters.Requests == Waiters.Rounds, $"10,000 waiters make one request: {Waiters.Requests} in {Waiters.Rounds} rounds");
            promises.Keep(Waiters.Milliseconds <= 20, $"and have their token 20 ms after the answer: {Waiters.Milliseconds:0.0} ms");
            promises.Keep(BytesPerConnection.BesidesTokens <= 1024, $"a cached connection takes at most 1 KB besides its token strings: {BytesPerConnection.BesidesTokens} B");
            promises.Keep(Churn.MegabytesAfterTenTimes <= 1.3 * Churn.Megabytes, $"the cache stays within its bound: {Churn.Megabytes} MB when full, {Churn.MegabytesAfterTenTimes} MB after ten times as many");
            return promises;
        }
    }

    public string Json => JsonSerializer.Serialize(
        new
        {
            Runtime = RuntimeInformation.FrameworkDescription,
            Processors = Environment.ProcessorCount,
            Figures,
            WarmBesideLimit = Warm,
            WarmAtRandomBesideLimit = WarmAtRandom,
            HandlerBesideStaticHeader = Handler,
            HandlerBesideStaticHeaderLater = HandlerLater,
            ColdBesidePlainQuery = Cold,
            ColdBesidePlainQueryPrepared = ColdPrepared,
            TwoThreads,
            Waiters = new { Callers = 10_000, Waiters.Milliseconds, Waiters.Requests, Waiters.Rounds },
            BytesPerConnection = new { BytesPerConnection.All, BytesPerConnection.BesidesTokens },
            Churn = new { Churn.Megabytes, Churn.MegabytesAfterTenTimes },
            StartUp = new { StartUp.Milliseconds, StartUp.Kilobytes },
            Broken = Promises.Broken,
        },
        Written);

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{"what",-32} {"time",12} {"allocated",12} {"ratio",8}  to").AppendLine();
        foreach (Figure figure in Figures)
            text.Append(figure).AppendLine();
        text.Append(CultureInfo.InvariantCulture, $"warm, limit, by turns            {Warm}").AppendLine();
        text.Append(CultureInfo.InvariantCulture, $"the same at random               {WarmAtRandom}").AppendLine();
        text.Append(CultureInfo.InvariantCulture, $"handler, static header, by turns {Handler}").AppendLine();
        text.Append(CultureInfo.InvariantCulture, $"the same where it is waited for  {HandlerLater}").AppendLine();
        text.Append(CultureInfo.InvariantCulture, $"cold, plain query, by turns      {Cold}").AppendLine();
        text.Append(CultureInfo.InvariantCulture, $"the same, both prepared          {ColdPrepared}").AppendLine();
        text.Append(CultureInfo.InvariantCulture, $"two threads                      {TwoThreads:0.00} times one thread's calls").AppendLine();
        text.Append(CultureInfo.InvariantCulture, $"10,000 waiters                   {Waiters.Milliseconds:0.0} ms from the answer to the last, {Waiters.Requests} requests in {Waiters.Rounds} rounds").AppendLine();
        text.Append(CultureInfo.InvariantCulture, $"1,000,000 cached connections     {BytesPerConnection.All} B each, {BytesPerConnection.BesidesTokens} B besides their token strings").AppendLine();
        text.Append(CultureInfo.InvariantCulture, $"a full cache of 100,000          {Churn.Megabytes} MB, {Churn.MegabytesAfterTenTimes} MB after ten times as many connections").AppendLine();
        text.Append(CultureInfo.InvariantCulture, $"start of a host                  {StartUp.Milliseconds} ms and {StartUp.Kilobytes} KB more than without").AppendLine();
        return text.Append(Promises).ToString();
    }

    private Figure Of(string name) => Figures.Single(figure => figure.Name == name);
}
