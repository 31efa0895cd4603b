using System.Diagnostics;
using System.Globalization;

namespace TokenLifecycle.Chaos;

/// <summary>Signals that .NET itself cannot send.</summary>
internal static class Signals
{
    public static void Send(string signal, int process)
    {
        using Process kill = Process.Start("kill", ["-" + signal, process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
