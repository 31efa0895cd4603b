using System.Globalization;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using TokenLifecycle.Options;

namespace TokenLifecycle.AspNetCore;

/// <summary>What the pages say. Every text of a provider or a user in them is encoded, and a provider's own sentences are never shown (CB-7).</summary>
internal sealed class ConnectionPages(IAntiforgery antiforgery, PublicAddresses addresses, IOptionsMonitor<OAuthProviderOptions> settings)
{
    public string NameOf(string provider) => settings.Get(provider).DisplayName is { Length: > 0 } name ? name : provider;

    public Page Connection(HttpContext context, string provider, string connection, ConnectionStatus? status, string? returnUrl)
    {
        string name = NameOf(provider);
        bool isConnected = status is not null && status.State != TokenState.Missing;
        Page page = new Page(isConnected ? name : $"Connect {name}");
        if (!isConnected || status is null)
            return WithConnect(page.Say($"You will be taken to {name} to agree."), context, provider, connection, returnUrl, $"Connect {name}");

        page.Say(Guidance.Of(status).Text).List(
        [
            ("State", status.State.ToString()),
            ("Account", status.AccountId),
            ("Token ends", status.ExpiresAt?.ToString("u", CultureInfo.InvariantCulture)),
            ("Last refreshed", status.LastRefreshedAt?.ToString("u", CultureInfo.InvariantCulture)),
            ("Granted", string.Join(", ", status.GrantedScopes)),
            ("Not granted", string.Join(", ", status.MissingScopes)),
            ("Last problem", status.LastFailure is { } failure ? Guidance.Of(failure.Kind).Text : null),
        ]);
        WithConnect(page, context, provider, connection, returnUrl, $"Reconnect {name}");
        return page.Button(addresses.Disconnect(provider), $"Disconnect {name}", Fields(context, connection, returnUrl), isPlain: true);
    }

    public Page Disconnected(HttpContext context, string provider, string connection, DisconnectReport report, string? returnUrl) =>
        WithConnect(Continued(new Page("Disconnected").Say(report.Text), returnUrl), context, provider, connection, returnUrl, $"Connect {NameOf(provider)} again");

    public Page SignInFirst(string provider) =>
        new Page("Sign in first").Say($"Your session has ended. Sign in, then connect {NameOf(provider)} again. Nothing was changed.");

    /// <summary>For everything that this browser cannot be told more about.</summary>
    public Page NotYours(HttpContext context, string provider) =>
        WithConnect(
            new Page("This did not work").Say("This address has been used, is too old, or belongs to another browser or user. Nothing was changed."),
            context, provider, TokenKey.DefaultConnection, returnUrl: null, $"Connect {NameOf(provider)}");

    public Page Result(HttpContext context, FlowOutcome outcome)
    {
        string name = NameOf(outcome.Provider);
        if (outcome.Ending == FlowEnding.Connected)
        {
            Page connected = new Page($"{name} is connected");
            if (outcome.MissingScopes.Length > 0)
            {
                connected.Say("Not everything that was asked for was granted, so some things will not work. Missing:").List([("Not granted", string.Join(", ", outcome.MissingScopes))]);
                WithConnect(connected, context, outcome.Provider, outcome.Connection, outcome.ReturnUrl, "Grant the rest");
            }

            if (outcome.IsAccountShared)
                connected.Say($"This {name} account is connected in another place of this app too. {name} may end the older of the two connections.");
            return Continued(connected, outcome.ReturnUrl);
        }

        Page page = new Page($"{name} was not connected").Say(Explain(outcome, name));
        if (outcome.IsOldKept)
            page.Say("Your existing connection is untouched and goes on working.");
        return Continued(WithConnect(page, context, outcome.Provider, outcome.Connection, outcome.ReturnUrl, "Try again"), outcome.ReturnUrl);
    }

    public static int StatusOf(FlowEnding ending) => ending switch
    {
        FlowEnding.Connected or FlowEnding.Denied => StatusCodes.Status200OK,
        FlowEnding.DifferentAccount => StatusCodes.Status409Conflict,
        FlowEnding.NobodyFound or FlowEnding.OtherUser => StatusCodes.Status403Forbidden,
        FlowEnding.Temporary or FlowEnding.NotSaved => StatusCodes.Status503ServiceUnavailable,
        FlowEnding.CodeRejected => StatusCodes.Status400BadRequest,
        FlowEnding.Failed => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status502BadGateway,
    };

    private static string Explain(FlowOutcome outcome, string name) => outcome.Ending switch
    {
        FlowEnding.Denied => $"Access was not granted at {name}.",
        FlowEnding.CodeRejected => $"{name} did not accept the answer of its own page; it works once and for a short time.",
        FlowEnding.ClientRejected => $"{name} does not accept this app at the moment. That is ours to mend; tell support if it lasts.",
        FlowEnding.Temporary => $"{name} cannot be reached or cannot serve now. Try again in a moment.",
        FlowEnding.RefreshTokenMissing => $"{name} gave access for a short time only, so the connection would have ended within the hour.",
        FlowEnding.DifferentAccount => $"You chose another {name} account than the one that is connected. If you want to change it, disconnect the present one first.",
        FlowEnding.NobodyFound => $"No user of this app belongs to that {name} account. Sign in another way first, then connect it.",
        FlowEnding.NotSaved => "The connection could not be saved on our side, so it was not made. Try again in a moment.",
        FlowEnding.Failed => "Something went wrong on our side. Try again, and tell support if it lasts.",
        _ => $"The answer of {name} was not valid.",
    };

    private Page WithConnect(Page page, HttpContext context, string provider, string connection, string? returnUrl, string text)
    {
        string? origin = Uri.TryCreate(settings.Get(provider).AuthorizationEndpoint, UriKind.Absolute, out Uri? address) ? address.GetLeftPart(UriPartial.Authority) : null;
        return page.Button(addresses.Connect(provider), text, Fields(context, connection, returnUrl), leadsTo: origin);
    }

    private static Page Continued(Page page, string? returnUrl) => returnUrl is null ? page : page.Link(returnUrl, "Continue");

    private IEnumerable<(string Name, string? Value)> Fields(HttpContext context, string connection, string? returnUrl)
    {
        AntiforgeryTokenSet tokens = antiforgery.GetAndStoreTokens(context);
        return
        [
            (tokens.FormFieldName, tokens.RequestToken),
            (ConnectionEndpoints.ConnectionField, connection == TokenKey.DefaultConnection ? null : connection),
            (ConnectionEndpoints.ReturnUrlField, returnUrl),
        ];
    }
}
