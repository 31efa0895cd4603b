using System.Data.Common;
using System.Reflection;

namespace TokenLifecycle.EntityFramework.PostgreSql;

/// <summary>
/// The members of Npgsql that ADO.NET has no equivalent for, found by name: this package refers to no provider, so that it fits any version
/// of one (docs/adr/0012).
/// </summary>
internal sealed class NpgsqlNotifications : IDisposable
{
    private const string Multiplexing = "Multiplexing";

    private readonly DbConnection _connection;
    private readonly EventInfo _event;
    private readonly PropertyInfo _payload;
    private readonly Func<TimeSpan, CancellationToken, Task<bool>> _wait;
    private readonly Action<string?> _heard;
    private readonly Delegate _handler;

    private NpgsqlNotifications(
        DbConnection connection, EventInfo notification, PropertyInfo payload, Func<TimeSpan, CancellationToken, Task<bool>> wait, Action<string?> heard)
    {
        (_connection, _event, _payload, _wait, _heard) = (connection, notification, payload, wait, heard);

        // A method that takes any EventArgs serves as a handler that takes Npgsql's.
        EventHandler handler = OnNotification;
        _handler = Delegate.CreateDelegate(notification.EventHandlerType!, handler.Target, handler.Method);
        notification.AddEventHandler(connection, _handler);
    }

    /// <summary>Returns a connection that can listen: the given one, or a copy of it if it shares sessions with others.</summary>
    public static DbConnection ConnectionFor(DbConnection connection, out bool isSeparate)
    {
        DbConnectionStringBuilder settings = new() { ConnectionString = connection.ConnectionString };
        isSeparate = settings.TryGetValue(Multiplexing, out object? value) && bool.TryParse(value as string, out bool isShared) && isShared
            && connection.GetType().GetMethod("CloneWith", [typeof(string)]) is not null;
        if (!isSeparate)
            return connection;

        settings[Multiplexing] = bool.FalseString;
        return (DbConnection)connection.GetType().GetMethod("CloneWith", [typeof(string)])!.Invoke(connection, [settings.ConnectionString])!;
    }

    /// <param name="connection">A connection, open or not.</param>
    /// <param name="heard">Called for each message, on the thread that reads; only while <see cref="WaitAsync"/> or a command runs.</param>
    /// <returns>Null if it is none of Npgsql's, or of a version that has other names.</returns>
    public static NpgsqlNotifications? Of(DbConnection connection, Action<string?> heard)
    {
        Type type = connection.GetType();
        EventInfo? notification = type.GetEvent("Notification");
        PropertyInfo? payload = notification?.EventHandlerType?.GetMethod("Invoke")?.GetParameters()[^1].ParameterType.GetProperty("Payload", typeof(string));
        MethodInfo? wait = type.GetMethod("WaitAsync", [typeof(TimeSpan), typeof(CancellationToken)]);
        return notification is null || payload is null || wait is null || wait.ReturnType != typeof(Task<bool>)
            ? null
            : new NpgsqlNotifications(connection, notification, payload, wait.CreateDelegate<Func<TimeSpan, CancellationToken, Task<bool>>>(connection), heard);
    }

    /// <summary>Waits for something to arrive.</summary>
    /// <returns>False if the time is up.</returns>
    public Task<bool> WaitAsync(TimeSpan time, CancellationToken cancellationToken) => _wait(time, cancellationToken);

    public void Dispose() => _event.RemoveEventHandler(_connection, _handler);

    private void OnNotification(object? sender, EventArgs notification) => _heard(_payload.GetValue(notification) as string);
}
