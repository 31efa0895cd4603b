namespace TokenLifecycle.Postgres;

/// <summary>Marks test classes by what they need: <c>[Trait(Needs.Name, Needs.PostgreSql)]</c>. Where it cannot be had, <c>build/test.sh</c> leaves them out and says so.</summary>
public static class Needs
{
    public const string Name = "needs";
    public const string PostgreSql = "postgresql";
}
