using System.Data.Common;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using TokenLifecycle.Storage;

namespace TrainingDashboard;

/// <summary>Prints, in place of a stack trace, what is missing and how to set it. Unknown exceptions are thrown on.</summary>
internal static class StartProblem
{
    public static string? Explain(Exception failure) => failure switch
    {
        SettingsException settings => Say(settings.Problems),
        OptionsValidationException options => Say(options.Failures),
        AggregateException several when several.InnerExceptions.All(inner => inner is OptionsValidationException) =>
            Say(several.InnerExceptions.Cast<OptionsValidationException>().SelectMany(inner => inner.Failures)),
        TokenStoreNotReadyException store => Say([store.Message]),
        UnauthorizedAccessException folder => Say([$"{folder.Message} Set DataFolder to a folder that this app may write, for example: export DataFolder=/var/lib/training-dashboard"]),
        ArgumentException { Source: "Npgsql" or "System.Data.Common" } connection =>
            Say([$"ConnectionStrings__Tokens is not a connection string: {connection.Message} Set it, for example: export ConnectionStrings__Tokens=\"Host=localhost;Database=training;Username=me;Password=...\" ; or unset it to keep connections in files."]),
        DbException or SocketException or { InnerException: DbException or SocketException } =>
            Say([$"The database of ConnectionStrings__Tokens cannot be used: {failure.GetBaseException().Message} Start it, or correct host, user, password and database, for example: export ConnectionStrings__Tokens=\"Host=localhost;Database=training;Username=me;Password=...\" ; or unset it to keep connections in files."]),
        IOException { InnerException: not null } address when address.Message.Contains("address already in use", StringComparison.OrdinalIgnoreCase) =>
            Say([$"{address.Message} Stop what uses it, or choose another, for example: dotnet run --project samples/TrainingDashboard -- --urls http://localhost:5090"]),
        _ => null,
    };

    private static string Say(IEnumerable<string> problems) =>
        $"The training dashboard cannot start.{Environment.NewLine}{string.Concat(problems.Select(problem => $"{Environment.NewLine}  - {problem}"))}{Environment.NewLine}";
}
