namespace TokenLifecycle.EntityFramework.Engines;

/// <summary>The names of EF Core's database providers, by which an engine is recognized.</summary>
internal static class ProviderNames
{
    public const string Npgsql = "Npgsql.EntityFrameworkCore.PostgreSQL";
    public const string SqlServer = "Microsoft.EntityFrameworkCore.SqlServer";
    public const string MySql = "MySql.EntityFrameworkCore";
    public const string Pomelo = "Pomelo.EntityFrameworkCore.MySql";
}
