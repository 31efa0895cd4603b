using TokenLifecycle.Options;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Protocol;

/// <summary>The room as an app has it, on real sockets.</summary>
internal sealed class Wire : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    public static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    public Wire(HttpMessageHandler? handler = null)
    {
        Channel = handler is null ? new BackChannel(TimeProvider.System) : new BackChannel(TimeProvider.System, handler);
        Tokens = new TokenEndpoint(Channel, TimeProvider.System);
        Revocation = new RevocationEndpoint(Channel);
    }

    public BackChannel Channel { get; }

    public TokenEndpoint Tokens { get; }

    public RevocationEndpoint Revocation { get; }

    public static string Success() => Answers.Fill("""{"access_token":"{at}","token_type":"Bearer","expires_in":3600,"refresh_token":"{rt}"}""");

    public static OAuthProviderOptions Provider(string origin)
    {
        OAuthProviderOptions options = Answers.Provider();
        options.TokenEndpoint = origin + "/token";
        options.RevocationEndpoint = origin + "/revoke";
        options.UserInfoEndpoint = origin + "/me";
        options.AuthorizationEndpoint = origin + "/authorize";
        options.AllowHttpOnLoopback = true;
        return options;
    }

    public Task<TokenReply> RefreshAsync(string origin, TimeSpan? deadline = null, string? refreshToken = null) =>
        Tokens.RefreshAsync(Provider(origin), refreshToken ?? Canary.New("rt"), deadline ?? Patience);

    public void Dispose() => Channel.Dispose();
}
