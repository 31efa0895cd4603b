using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TokenLifecycle.Benchmarks;

/// <summary>What the library adds to the start of a host, each time in a process of its own: code that was compiled for an earlier start would cost nothing.</summary>
internal static class StartUp
{
    public static async Task<(double Milliseconds, double Kilobytes)> MeasureAsync(int rounds)
    {
        var milliseconds = new List<double>();
        var kilobytes = new List<double>();
        for (int round = 0; round < rounds; round++)
        {
            (double bareTime, double bareBytes) = await ProcessAsync("bare");
            (double time, double bytes) = await ProcessAsync("ours");
            milliseconds.Add(time - bareTime);
            kilobytes.Add((bytes - bareBytes) / 1024);
        }

        return (Median(milliseconds), Median(kilobytes));
    }

    /// <summary>The part of the process that is measured: build a host, start it, and say how long that took and what it allocated.</summary>
    public static async Task RunAsync(bool withLibrary)
    {
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long started = TimeProvider.System.GetTimestamp();
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddHttpClient("api").AddDefaultLogger();
        if (withLibrary)
        {
            builder.Services.AddTokenLifecycle().AddProvider(BenchWorld.Provider, BenchWorld.Configure);
            builder.Services.AddHttpClient("api").AddTokenHandler(BenchWorld.Provider);
        }

        using IHost host = builder.Build();
        await host.StartAsync();
        host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api").Dispose();
        double milliseconds = TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.000} {GC.GetTotalAllocatedBytes(precise: true) - allocated}"));
        await host.StopAsync();
    }

    private static async Task<(double Milliseconds, double Bytes)> ProcessAsync(string what)
    {
        using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(StartUp).Assembly.Location, "start-up", what]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string[] words = (await process.StandardOutput.ReadToEndAsync()).Split(' ', StringSplitOptions.TrimEntries);
        await process.WaitForExitAsync();
        return (double.Parse(words[0], CultureInfo.InvariantCulture), double.Parse(words[1], CultureInfo.InvariantCulture));
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return Math.Round(values[values.Count / 2], 1);
    }
}
