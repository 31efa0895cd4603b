using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using TokenLifecycle.Options;

namespace TokenLifecycle.AspNetCore;

/// <summary>The endpoints around a connection, apart from the callback: see, connect, disconnect, refresh.</summary>
internal sealed class ConnectionEndpoints(
    ConnectionFlow flow,
    ConnectionPages pages,
    OverviewReader overview,
    ConnectionOwners owners,
    WebMetrics metrics,
    ITokenManager manager,
    ICurrentTokenUser currentUser,
    IRegisteredProviders providers,
    IAntiforgery antiforgery,
    FormTokens forms,
    EndpointAccess access,
    ConnectionLimit limit,
    WebTenant tenant,
    PublicAddresses addresses,
    IOptionsMonitor<OAuthProviderOptions> settings,
    IOptions<TokenLifecycleWebOptions> web,
    TimeProvider time)
{
    public const string ReturnUrlField = "returnUrl";
    public const string ConnectionField = ReconnectLink.Connection;
    private const int MaxFields = 32;

    public async Task ListAsync(HttpContext context)
    {
        var reports = new List<ConnectionReport>();
        foreach (string provider in providers.Names.Where(IsForUsers))
        {
            foreach (TokenKey key in await overview.KeysOfAsync(new TokenKey(provider, User()).In(tenant.Current), context.RequestAborted).ConfigureAwait(false))
                reports.Add(await ReportAsync(key, context.RequestAborted).ConfigureAwait(false));
        }

        await Answers.WriteAsync(context.Response, StatusCodes.Status200OK, new ConnectionList { Connections = reports }, WebJson.Default.ConnectionList).ConfigureAwait(false);
    }

    public async Task OverviewAsync(HttpContext context) =>
        await Answers.WriteAsync(context.Response, StatusCodes.Status200OK, await overview.ReadAsync(context.RequestAborted).ConfigureAwait(false), WebJson.Default.Overview).ConfigureAwait(false);

    public async Task ShowAsync(HttpContext context)
    {
        if (!await access.AllowsAsync(context, MayBeNobody(context)).ConfigureAwait(false))
            return;
        if (ProviderOf(context) is not { } provider || Key(context, provider, context.Request.Query[ConnectionField]) is not { } asked)
        {
            await Shell.NotFoundAsync(context).ConfigureAwait(false);
            return;
        }

        string? returnUrl = Checked(context.Request.Query[ReturnUrlField]);
        ConnectionStatus? status = asked.Key is { } key ? await manager.GetStatusAsync(key, context.RequestAborted).ConfigureAwait(false) : null;
        bool isShared = status is not null && await IsSharedAsync(status).ConfigureAwait(false);
        await pages.Connection(context, provider, asked.Connection, status, isShared, returnUrl).WriteAsync(context.Response, StatusCodes.Status200OK).ConfigureAwait(false);
    }

    public async Task ConnectAsync(HttpContext context)
    {
        if (!await access.AllowsAsync(context, MayBeNobody(context)).ConfigureAwait(false))
            return;
        IFormCollection form = await FormAsync(context).ConfigureAwait(false);
        if (ProviderOf(context) is not { } provider || Key(context, provider, form[ConnectionField]) is not { } asked)
        {
            await Shell.NotFoundAsync(context).ConfigureAwait(false);
            return;
        }

        string? returnUrl = Checked(form[ReturnUrlField]);
        bool isAllowed = asked.Key is { } key ? await limit.AllowsAsync(key, context.RequestAborted).ConfigureAwait(false) : limit.IsNamed(asked.Connection);
        metrics.Connecting(provider, isStarted: isAllowed);
        if (!isAllowed)
            throw new BadHttpRequestException("No further connection of this name can be made.", StatusCodes.Status409Conflict);
        Answers.SeeOther(context.Response, flow.Start(context, provider, asked.Connection, asked.Key, returnUrl).AbsoluteUri);
    }

    public async Task DisconnectAsync(HttpContext context)
    {
        IFormCollection form = await FormAsync(context).ConfigureAwait(false);
        if (ProviderOf(context) is not { } provider || Key(context, provider, form[ConnectionField])?.Key is not { } key)
        {
            await Shell.NotFoundAsync(context).ConfigureAwait(false);
            return;
        }

        RevocationOutcome outcome = await manager.DisconnectAsync(key, CancellationToken.None).ConfigureAwait(false);
        var report = DisconnectReport.Of(outcome, pages.NameOf(provider));
        if (Answers.WantsPage(context.Request))
            await pages.Disconnected(context, provider, key.Connection, report, Checked(form[ReturnUrlField])).WriteAsync(context.Response, StatusCodes.Status200OK).ConfigureAwait(false);
        else
            await Answers.WriteAsync(context.Response, StatusCodes.Status200OK, report, WebJson.Default.DisconnectReport).ConfigureAwait(false);
    }

    /// <summary>The refresh of a page load (incident A): does nothing while the token is fresh.</summary>
    public async Task RefreshAsync(HttpContext context)
    {
        IFormCollection form = await FormAsync(context).ConfigureAwait(false);
        if (ProviderOf(context) is not { } provider || Key(context, provider, form[ConnectionField])?.Key is not { } key)
        {
            await Shell.NotFoundAsync(context).ConfigureAwait(false);
            return;
        }

        string? returnUrl = Checked(form[ReturnUrlField]);
        TokenState state = (await manager.GetStatusAsync(key, context.RequestAborted).ConfigureAwait(false)).State;
        if (state != TokenState.Valid)
        {
            try
            {
                await manager.RefreshAsync(key, rejected: null, context.RequestAborted).ConfigureAwait(false);
            }
            catch (TokenException failure) when ((failure is TokenTemporarilyUnavailableException && state == TokenState.ExpiringSoon) || (returnUrl is not null && Answers.WantsPage(context.Request)))
            {
                // The token still works, or the page that sent the browser here shows it: the status contains the failure.
            }
        }

        if (Answers.WantsPage(context.Request))
            Answers.SeeOther(context.Response, returnUrl ?? addresses.Connect(provider));
        else
            await Answers.WriteAsync(context.Response, StatusCodes.Status200OK, await ReportAsync(key, context.RequestAborted).ConfigureAwait(false), WebJson.Default.ConnectionReport).ConfigureAwait(false);
    }

    /// <summary>The provider that the route names; null if there is none that users connect to.</summary>
    public string? ProviderOf(HttpContext context) =>
        context.GetRouteValue("provider") is string name && providers.Names.Contains(name, StringComparer.Ordinal) && IsForUsers(name) ? name : null;

    /// <summary>Whether the request is about a provider by which users sign in, so that no one needs to be signed in.</summary>
    public bool MayBeNobody(HttpContext context) => ProviderOf(context) is { } provider && IsSignIn(provider);

    private bool IsSignIn(string provider) => web.Value.SignInProviders.Contains(provider, StringComparer.Ordinal);

    private bool IsForUsers(string provider) => settings.Get(provider).GrantType == OAuthGrantType.AuthorizationCode;

    private string User() => currentUser.UserId ?? throw new BadHttpRequestException("No user is signed in.", StatusCodes.Status401Unauthorized);

    /// <summary>Whose connection: the signed-in user's, or no user's yet where a user may sign in by it.</summary>
    private (TokenKey? Key, string Connection)? Key(HttpContext context, string provider, string? connection)
    {
        string name = string.IsNullOrEmpty(connection) ? TokenKey.DefaultConnection : connection;
        if (currentUser.UserId is { } user)
            return (new TokenKey(provider, user, name).In(tenant.Current), name);
        if (!IsSignIn(provider))
            throw new BadHttpRequestException("No user is signed in.", StatusCodes.Status401Unauthorized);
        return context.Request.Path.Value!.EndsWith("/connect", StringComparison.Ordinal) ? (null, new TokenKey(provider, "nobody", name).Connection) : null;
    }

    private static string? Checked(string? returnUrl) =>
        string.IsNullOrEmpty(returnUrl) ? null
        : ReturnUrl.IsLocal(returnUrl) ? returnUrl
        : throw new BadHttpRequestException("The return address is not a path of this app.");

    private async Task<IFormCollection> FormAsync(HttpContext context)
    {
        if (currentUser.UserId is null && !MayBeNobody(context))
            throw new BadHttpRequestException("No user is signed in.", StatusCodes.Status401Unauthorized);
        if (context.Request.HasFormContentType)
        {
            if (!Shell.IsPlainForm(context.Request))
                throw new BadHttpRequestException("Only a plain form is taken here.", StatusCodes.Status415UnsupportedMediaType);
            // Read with bounds of our own first: what the antiforgery check then finds is this.
            await context.Request.ReadFormAsync(new FormOptions { ValueCountLimit = MaxFields, BufferBodyLengthLimit = Shell.MaxForm }, context.RequestAborted).ConfigureAwait(false);
        }

        IFormCollection form = context.Request.HasFormContentType ? context.Request.Form : FormCollection.Empty;
        if (!form.TryGetValue(FormTokens.Field, out StringValues ours))
            await antiforgery.ValidateRequestAsync(context).ConfigureAwait(false); // A form or a script of the app's own.
        else if (!forms.IsValid(context, ours))
            throw new AntiforgeryValidationException("The form belongs to another browser or user, or is too old.");
        return form;
    }

    private async Task<ConnectionReport> ReportAsync(TokenKey key, CancellationToken cancellationToken)
    {
        ConnectionStatus status = await manager.GetStatusAsync(key, cancellationToken).ConfigureAwait(false);
        return ConnectionReport.Of(status, pages.NameOf(key.Provider), await IsSharedAsync(status).ConfigureAwait(false), time.GetUtcNow());
    }

    private async Task<bool> IsSharedAsync(ConnectionStatus status) => (await owners.OthersOfAsync(status.Key, status.AccountId).ConfigureAwait(false)).Any();
}
