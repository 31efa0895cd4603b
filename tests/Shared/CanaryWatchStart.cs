using System.Runtime.CompilerServices;

namespace TokenLifecycle.TestKit;

// Linked into every test assembly by tests/Directory.Build.props: no test can forget to be watched.
internal static class CanaryWatchStart
{
#pragma warning disable CA2255 // A test assembly is nobody's library: this must run before its first test.
    [ModuleInitializer]
    internal static void Start() => CanaryWatch.StartForProcess(typeof(CanaryWatchStart).Assembly.GetName().Name!);
#pragma warning restore CA2255
}
