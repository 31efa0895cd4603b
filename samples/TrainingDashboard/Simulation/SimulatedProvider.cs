using System.Globalization;
using System.Text;
using TokenLifecycle.Testing;

namespace TrainingDashboard.Simulation;

/// <summary>One simulated provider and its accounts.</summary>
internal sealed class SimulatedProvider(string name, SimulatedAuthorizationServer server)
{
    private const string ErrorPage = "<!DOCTYPE html><title>Service error</title><h1>We are sorry</h1>";

    private readonly Dictionary<string, SimulatedUser> _users = new(StringComparer.Ordinal);

    public string Name => name;

    public SimulatedAuthorizationServer Server => server;

    /// <summary>The current fault.</summary>
    public Mischief Mischief { get; private set; }

    /// <summary>Returns the account, which has the same id in every run, so that a reconnect after a restart uses the same account.</summary>
    public SimulatedUser UserNamed(string user)
    {
        lock (_users)
        {
            if (!_users.TryGetValue(user, out SimulatedUser? known))
            {
                uint id = Encoding.UTF8.GetBytes(user).Aggregate(2166136261u, (hash, octet) => unchecked((hash ^ octet) * 16777619u));
                _users[user] = known = server.AddUser(user, id.ToString(CultureInfo.InvariantCulture));
            }

            return known;
        }
    }

    public void Do(Mischief mischief)
    {
        switch (mischief)
        {
            case Mischief.Revoke:
                ForEach(server.RevokeGrant);
                return;
            case Mischief.ForgetAccess:
                ForEach(server.RevokeAccessTokens);
                return;
            case Mischief.LostAnswer:
                server.TokenEndpoint.FailNext(Fault.DropAfterProcessing(), when: request => request.Body.Contains("refresh_token", StringComparison.Ordinal));
                return;
        }

        server.TokenEndpoint.Recover();
        Mischief = mischief;
        Fault? fault = mischief switch
        {
            Mischief.Outage => Fault.Status(StatusCodes.Status503ServiceUnavailable),
            Mischief.RateLimit => Fault.Status(StatusCodes.Status429TooManyRequests, "10"),
            Mischief.Html => Fault.Body(StatusCodes.Status200OK, ErrorPage, "text/html"),
            _ => null,
        };
        if (fault is not null)
            server.TokenEndpoint.FailAlways(fault);
    }

    private void ForEach(Action<SimulatedUser> action)
    {
        lock (_users)
        {
            foreach (SimulatedUser user in _users.Values)
                action(user);
        }
    }
}
