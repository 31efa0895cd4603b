using System.Collections;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace TokenLifecycle.TestKit;

/// <summary>Every exception at the moment it is thrown, caught later or not: what is caught today is logged tomorrow.</summary>
internal sealed class CanaryExceptions : IDisposable
{
    private const string Channel = "exception";

    // Writing out a whole exception is slow, and a storm throws thousands alike; their messages and data are read all the same.
    private const int WrittenOutPerType = 200;

    [ThreadStatic]
    private static bool _busy;

    private readonly CanaryWatch _watch;
    private readonly ConcurrentDictionary<Type, int> _seen = new();

    public CanaryExceptions(CanaryWatch watch)
    {
        _watch = watch;
        AppDomain.CurrentDomain.FirstChanceException += OnThrown;
    }

    public void Dispose() => AppDomain.CurrentDomain.FirstChanceException -= OnThrown;

    private void OnThrown(object? sender, FirstChanceExceptionEventArgs e)
    {
        // An exception thrown while one is read would come back here.
        if (_busy || IsFailedAssertion(e.Exception) || IsTheParsersOwn(e.Exception) || IsOfTheSettings(e.Exception))
            return;
        _busy = true;
        try
        {
            Read(e.Exception);
        }
        catch (Exception unreadable)
        {
            _watch.Scan(Channel, $"{e.Exception.GetType().Name} could not be read", unreadable.Message);
        }
        finally
        {
            _busy = false;
        }
    }

    private void Read(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (!_watch.Scan(Channel, cause.GetType().FullName!, cause.Message))
                return;
            foreach (DictionaryEntry entry in cause.Data)
                _watch.Scan(Channel, $"{cause.GetType().FullName} data", entry.Key.ToString()!, entry.Value);
        }

        if (_seen.AddOrUpdate(exception.GetType(), 1, static (_, count) => count + 1) <= WrittenOutPerType)
            _watch.Scan(Channel, $"{exception.GetType().FullName} written out", exception.ToString());
    }

    // The JSON parser quotes the word it stumbled over, and for torn replies that can be a piece of a token. It is caught right where the body is parsed
    // and goes nowhere; anywhere else it counts.
    private static bool IsTheParsersOwn(Exception exception) =>
        exception is System.Text.Json.JsonException
        && new System.Diagnostics.StackTrace().GetFrames().Any(static frame => frame.GetMethod()?.DeclaringType?.FullName is "TokenLifecycle.Protocol.JsonBody" or "TokenLifecycle.Protocol.RefreshTokenSalvage");

    // The framework quotes a setting that it cannot read, and so does a wrong setting of a test. The library replaces the exception outside of the factory; anywhere else it counts.
    private static bool IsOfTheSettings(Exception exception) =>
        exception is FormatException or InvalidOperationException
        && new System.Diagnostics.StackTrace().GetFrames().Any(static frame => frame.GetMethod()?.DeclaringType?.FullName is { } type
            && (type.StartsWith("Microsoft.Extensions.Options.OptionsFactory", StringComparison.Ordinal) || type.StartsWith("Microsoft.Extensions.Configuration.ConfigurationBinder", StringComparison.Ordinal)));

    // A failed assertion shows what the test compared, marked secrets included, and fails the run by itself.
    private static bool IsFailedAssertion(Exception exception) =>
        exception.GetType().Namespace is { } space && (space.StartsWith("Xunit", StringComparison.Ordinal) || space.StartsWith("FluentAssertions", StringComparison.Ordinal));
}
