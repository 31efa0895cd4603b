using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.AspNetCore;

/// <summary>
/// What the pages say. Every text of a provider or a user in them is encoded, and a provider's own sentences are never shown (CB-7).
/// </summary>
internal sealed class ConnectionPages(FormTokens forms, PublicAddresses addresses, IOptionsMonitor<OAuthProviderOptions> settings)
{
    public string NameOf(string provider) => settings.Get(provider).DisplayName is { Length: > 0 } name ? name : provider;

    public Page Connection(HttpContext context, string provider, string connection, ConnectionStatus? status, bool isShared, string? returnUrl)
    {
        string name = NameOf(provider);
        bool isConnected = status is not null && status.State != TokenState.Missing;
        Page page = new Page(isConnected ? name : $"Connect {name}");
        if (!isConnected || status is null)
            return WithConnect(page.Say($"You will be taken to {name} to agree."), context, provider, connection, returnUrl, $"Connect {name}");

        page.Say(Guidance.Of(status).Text);
        if (isShared)
            page.Say(Shared(name));
        page.List(
        [
            ("State", status.State.ToString()),
            ("Account", status.AccountId),
            ("Connection", NameOfConnection(connection)),
            ("Token expires", status.ExpiresAt?.ToString("u", CultureInfo.InvariantCulture)),
            ("Last refreshed", status.LastRefreshedAt?.ToString("u", CultureInfo.InvariantCulture)),
            ("Granted", string.Join(", ", status.GrantedScopes)),
            ("Not granted", string.Join(", ", status.MissingScopes)),
            ("Last problem", status.LastFailure is { } failure ? Guidance.Of(failure.Kind).Text : null),
        ]);
        WithConnect(page, context, provider, connection, returnUrl, $"Reconnect {name}");
        return Continued(page.Button(addresses.Disconnect(provider), $"Disconnect {name}", Fields(context, connection, returnUrl), isPlain: true), returnUrl);
    }

    public Page Disconnected(HttpContext context, string provider, string connection, DisconnectReport report, string? returnUrl) =>
        WithConnect(Continued(new Page("Disconnected").Say(report.Text), returnUrl, isMain: true), context, provider, connection, returnUrl, $"Connect {NameOf(provider)} again", isPlain: true);

    /// <param name="provider">The provider.</param>
    /// <param name="flow">The attempt that the browser had; null if it had none.</param>
    public Page SignInFirst(string provider, AuthorizationState? flow) =>
        new Page("Sign in first").Say($"Your session has expired. Sign in, then connect {NameOf(provider)} again. Nothing was changed.")
            .Link(flow is null ? addresses.Connect(provider) : addresses.Page(provider, flow.Connection, flow.ReturnUrl), "Sign in", isMain: true);

    /// <summary>For everything about which this browser gets no details.</summary>
    public Page NotYours(HttpContext context, string provider) =>
        Continued(
            WithConnect(
                new Page("This did not work").Say("This address has been used, is too old, or belongs to another browser or user. Nothing was changed."),
                context, provider, TokenKey.DefaultConnection, returnUrl: null, $"Connect {NameOf(provider)}"),
            returnUrl: null);

    /// <param name="context">The request.</param>
    /// <param name="outcome">The result.</param>
    /// <param name="status">The current status of the connection, if it could be read.</param>
    public Page Result(HttpContext context, AuthorizationResult outcome, ConnectionStatus? status) =>
        outcome.Ending == AuthorizationResultKind.Connected ? Connected(context, outcome, status) : NotConnected(context, outcome);

    private Page Connected(HttpContext context, AuthorizationResult outcome, ConnectionStatus? status)
    {
        string name = NameOf(outcome.Provider);
        bool isWhole = outcome.MissingScopes.Length == 0;
        Page page = new Page($"{name} is connected").Say(isWhole
            ? $"This app can now use what you allowed at {name}. You can end that at any time."
            : "Not everything that was asked for was granted, so some things will not work.");
        if (outcome.IsAccountShared)
            page.Say(Shared(name));
        page.List(
        [
            ("Account", status?.AccountId),
            ("Connection", NameOfConnection(outcome.Connection)),
            ("Granted", string.Join(", ", status?.GrantedScopes ?? [])),
            ("Not granted", string.Join(", ", outcome.MissingScopes)),
        ]);
        if (!isWhole)
            WithConnect(page, context, outcome.Provider, outcome.Connection, outcome.ReturnUrl, "Grant the rest");
        return WithPage(Continued(page, outcome.ReturnUrl, isMain: isWhole), outcome);
    }

    private Page NotConnected(HttpContext context, AuthorizationResult outcome)
    {
        string name = NameOf(outcome.Provider);
        (string what, string who) = Explain(outcome, name);
        Page page = new Page($"{name} was not connected").Say(what).Say(who);
        if (outcome.IsOldKept)
            page.Say("Your existing connection is untouched and goes on working.");
        // Who is not known would be no better known the second time.
        bool canTry = outcome.Ending != AuthorizationResultKind.NobodyFound;
        if (canTry)
            WithConnect(page, context, outcome.Provider, outcome.Connection, outcome.ReturnUrl, "Try again");
        Continued(page, outcome.ReturnUrl, isMain: !canTry);
        return outcome.IsOldKept ? WithPage(page, outcome) : page;
    }

    public static int StatusOf(AuthorizationResultKind ending) => ending switch
    {
        AuthorizationResultKind.Connected or AuthorizationResultKind.Denied => StatusCodes.Status200OK,
        AuthorizationResultKind.DifferentAccount or AuthorizationResultKind.TooManyConnections => StatusCodes.Status409Conflict,
        AuthorizationResultKind.NobodyFound or AuthorizationResultKind.OtherUser => StatusCodes.Status403Forbidden,
        AuthorizationResultKind.Temporary or AuthorizationResultKind.NotSaved or AuthorizationResultKind.OwnerUnknown => StatusCodes.Status503ServiceUnavailable,
        AuthorizationResultKind.CodeRejected => StatusCodes.Status400BadRequest,
        AuthorizationResultKind.Failed => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status502BadGateway,
    };

    /// <summary>What happened, and who can resolve it.</summary>
    private static (string What, string Who) Explain(AuthorizationResult outcome, string name) => outcome.Ending switch
    {
        AuthorizationResultKind.Denied => ($"Access was not granted at {name}.", "You can try again whenever you like."),
        AuthorizationResultKind.CodeRejected => ($"{name} did not accept the response of its sign-in page. It works only once and for a short time.", "Try again."),
        AuthorizationResultKind.ClientRejected => ($"{name} does not accept this app at the moment.", "You don't need to do anything. Contact support if this continues."),
        AuthorizationResultKind.Temporary => ($"{name} cannot be reached or cannot serve now.", "Try again in a moment."),
        AuthorizationResultKind.RefreshTokenMissing => ($"{name} gave access for a short time only, so the connection would have expired within the hour.", "Try again. If it happens again, contact support."),
        AuthorizationResultKind.DifferentAccount => ($"You chose another {name} account than the one that is connected.", "Try again with that one. If you want to change the account, disconnect the current one first."),
        AuthorizationResultKind.TooManyConnections => ($"You can't connect another {name} account under this name.", "Disconnect one that you no longer need, then try again."),
        AuthorizationResultKind.NobodyFound => ($"No user of this app belongs to that {name} account.", "Sign in another way first, then connect it."),
        AuthorizationResultKind.OwnerUnknown => ($"We could not find out which user of this app that {name} account belongs to, so the connection was not saved.", "Try again in a moment, and contact support if this continues."),
        AuthorizationResultKind.NotSaved => ("The connection could not be saved, so you are not connected.", "Try again in a moment."),
        AuthorizationResultKind.Failed => ("Something went wrong on our side.", "Try again. Contact support if this continues."),
        _ => ($"The response of {name} was not valid.", "Try again. If it happens again, contact support."),
    };

    // H9: the other connection may belong to another user, so it is not named.
    private static string Shared(string name) => $"This {name} account is connected in another place of this app too. {name} may end the older of the two connections.";

    private static string? NameOfConnection(string connection) => connection == TokenKey.DefaultConnection ? null : connection;

    private Page WithConnect(Page page, HttpContext context, string provider, string connection, string? returnUrl, string text, bool isPlain = false)
    {
        string? origin = Uri.TryCreate(settings.Get(provider).AuthorizationEndpoint, UriKind.Absolute, out Uri? address) ? address.GetLeftPart(UriPartial.Authority) : null;
        return page.Button(addresses.Connect(provider), text, Fields(context, connection, returnUrl), isPlain, leadsTo: origin);
    }

    /// <summary>No page is a dead end.</summary>
    private Page Continued(Page page, string? returnUrl, bool isMain = false) =>
        page.Link(returnUrl ?? addresses.Root, returnUrl is null ? "Go to the start page" : "Continue", isMain);

    private Page WithPage(Page page, AuthorizationResult outcome) => page.Link(addresses.Page(outcome.Provider, outcome.Connection, outcome.ReturnUrl), "See this connection");

    private IEnumerable<(string Name, string? Value)> Fields(HttpContext context, string connection, string? returnUrl) =>
    [
        (FormTokens.Field, forms.New(context)),
        (ConnectionEndpoints.ConnectionField, connection == TokenKey.DefaultConnection ? null : connection),
        (ConnectionEndpoints.ReturnUrlField, returnUrl),
    ];
}
