using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;
using static TokenLifecycle.Tests.Protocol.Answers;

namespace TokenLifecycle.Tests.Protocol;

public sealed class ReaderPropertyTests
{
    private static readonly int[] Statuses = [200, 200, 200, 201, 204, 302, 400, 401, 429, 500, 503];

    private static readonly string[] Bodies =
    [
        """{"access_token":"{at}","token_type":"Bearer","expires_in":3600,"refresh_token":"{rt}","scope":"a b","athlete":{"id":7}}""",
        """{"error":"invalid_grant","error_description":"{rt}"}""",
        """{"ok":true,"data":{"tokens":{"access_token":"{at}","token_type":"Bearer","expires_at":"2026-11-20T14:00:00Z","refresh_token":"{rt}"}}}""",
        "access_token={at}&token_type=bearer&expires_in=3600&refresh_token={rt}&scope=a+b",
        """{"message":"Bad Request","errors":[{"resource":"RefreshToken","field":"refresh_token","code":"invalid"}]}""",
    ];

    [Fact]
    public void DL_6_TE_7_No_bytes_make_the_reader_throw_or_lie() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<int>(), (bytes, pick) => Holds(bytes ?? [], pick))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void DL_6_TE_7_B6_No_damage_to_a_valid_body_makes_the_reader_throw_or_lie() =>
        Prop.ForAll(ArbMap.Default.ArbFor<(int Pick, byte By, int At, int Cut)[]>(), damage =>
        {
            int pick = damage.Length > 0 ? damage[0].Pick & int.MaxValue : 0;
            byte[] body = Encoding.UTF8.GetBytes(Fill(Bodies[pick % Bodies.Length]));
            foreach ((int _, byte by, int at, int cut) in damage)
            {
                if (body.Length == 0)
                    break;
                int where = (at & int.MaxValue) % body.Length;
                body = (cut & 3) switch
                {
                    0 => body[..where],
                    1 => [.. body[..where], by, .. body[where..]],
                    2 => [.. body, .. body[where..]],
                    _ => [.. body[..where], by, .. body[(where + 1)..]],
                };
            }

            return Holds(body, pick);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    private static bool Holds(byte[] body, int pick)
    {
        int status = Statuses[(pick & int.MaxValue) % Statuses.Length];
        var options = Provider();
        options.AccountIdFrom = TokenLifecycle.Options.AccountIdSource.Reply;
        options.AccountIdPath = "athlete.id";
        options.ErrorRules.Add(new() { Path = "errors[*].resource", Value = "RefreshToken", Kind = TokenLifecycle.Options.TokenErrorKind.InvalidGrant });
        if ((pick & 1) != 0)
            (options.TokenRoot, options.SuccessPath) = ("data.tokens", "ok");
        TokenReply reply = Read(body, status, options: options);
        reply.Detail?.Should().NotContain(Canary.Mark);
        bool successIsWhole = reply.IsSuccess == (reply.Tokens is not null) && (!reply.IsSuccess || status is 200 or 201 && reply.Tokens!.AccessToken.Length > 0);
        bool salvageIsRefused = reply.SalvagedRefreshToken is null
            || reply is { Outcome: TokenOutcome.Unknown, Failure: TokenFailureKind.ProtocolError } && status is >= 200 and < 300;
        return successIsWhole && salvageIsRefused;
    }
}
