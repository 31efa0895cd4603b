using System.Data.Common;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using TokenLifecycle.Storage;

namespace Worker;

/// <summary>Prints, in place of a stack trace, what is missing and how to set it. Unknown exceptions are thrown on.</summary>
internal static class StartProblem
{
    public const string Example =
        "Set it, for example: export ConnectionStrings__Tokens=\"Host=localhost;Database=sync;Username=me;Password=...\" ; "
        + "a PostgreSQL to try it on: docker run -d -p 5432:5432 -e POSTGRES_PASSWORD=... postgres";

    public static string? Explain(Exception failure) => failure switch
    {
        OptionsValidationException options => string.Join(Environment.NewLine, options.Failures),
        TokenStoreNotReadyException store => store.Message,
        ArgumentException { Source: "Npgsql" or "System.Data.Common" } => $"ConnectionStrings__Tokens is not a connection string: {failure.Message} {Example}",
        DbException or SocketException or { InnerException: DbException or SocketException } =>
            $"The database of ConnectionStrings__Tokens cannot be used: {failure.GetBaseException().Message} Start it, or correct host, user, password and database. {Example}",
        _ => null,
    };
}
