using System.Diagnostics;
using System.Text.Json;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.Protocol;

public sealed class RedactionTests
{
    public static TheoryData<object> Holders => new()
    {
        new AuthorizationRequest
        {
            Provider = "acme",
            Url = new Uri($"https://idp.example/authorize?state={Canary.New("state")}"),
            State = Canary.New("state"),
            CodeVerifier = Canary.New("verifier"),
            RedirectUri = new Uri("https://app.example/callback"),
        },
        AuthorizationResponse.Parse($"code={Canary.New("code")}&state={Canary.New("state")}&session={Canary.New("session")}"),
    };

    [Theory]
    [MemberData(nameof(Holders), DisableDiscoveryEnumeration = true)]
    public void LG_2_Printing_debugging_and_json_show_no_secret(object holder)
    {
        holder.ToString().Should().NotContain(Canary.Mark).And.Contain("redacted");
        JsonSerializer.Serialize(holder, holder.GetType()).Should().NotContain(Canary.Mark);
        holder.GetType().GetCustomAttributes(typeof(DebuggerDisplayAttribute), inherit: false).Should().ContainSingle();
        foreach (System.Reflection.PropertyInfo property in holder.GetType().GetProperties())
        {
            bool shown = property.GetCustomAttributes(typeof(DebuggerBrowsableAttribute), inherit: false).Length == 0;
            if (shown)
                $"{property.GetValue(holder)}".Should().NotContain(Canary.Mark, property.Name);
        }
    }
}
