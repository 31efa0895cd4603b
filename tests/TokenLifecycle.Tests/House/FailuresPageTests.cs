using System.Reflection;
using TokenLifecycle.Protocol;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.House;

/// <summary>Whoever catches an exception finds it in <c>docs/failures.md</c>, with what it carries and every reason it can have.</summary>
public sealed class FailuresPageTests
{
    private static readonly IReadOnlyList<DocsTable> Tables = [.. DocsTable.AllOf(RepositoryRoot.Combine("docs", "failures.md"))];

    [Fact]
    public void Every_exception_stands_there_with_all_that_it_carries()
    {
        string[][] rows = [.. Tables.Single(static table => table.Subject == nameof(Exception)).Rows];
        Type[] exceptions =
        [
            .. ShippedAssemblies.Names.SelectMany(ShippedAssemblies.PublicTypes).Where(static type => typeof(Exception).IsAssignableFrom(type) && !type.IsAbstract),
        ];

        rows.Select(static row => row[0].Trim('`')).Should().BeEquivalentTo(exceptions.Select(static type => type.Name));
        foreach (Type exception in exceptions)
        {
            rows.Single(row => row[0].Trim('`') == exception.Name)[1].Split(',', StringSplitOptions.TrimEntries).Select(static name => name.Trim('`'))
                .Should().BeEquivalentTo(Carried(exception), "of {0}", exception.Name);
        }
    }

    [Theory]
    [InlineData(typeof(ReauthorizationReason))]
    [InlineData(typeof(TokenFailureKind))]
    [InlineData(typeof(ProviderConfigurationReason))]
    [InlineData(typeof(AuthorizationFailureKind))]
    public void Every_reason_stands_there_once(Type reasons) =>
        Tables.Single(table => table.Subject == reasons.Name).Names.Should().BeEquivalentTo(Enum.GetNames(reasons));

    [Fact]
    public void No_reason_of_an_exception_is_left_out_of_the_test_above()
    {
        IEnumerable<Type> reasons = ShippedAssemblies.Names.SelectMany(ShippedAssemblies.PublicTypes).Where(static type => typeof(Exception).IsAssignableFrom(type))
            .SelectMany(static type => type.GetProperties()).Select(static property => property.PropertyType).Where(static type => type.IsEnum);

        reasons.Should().BeSubsetOf(Tables.Select(static table => typeof(ITokenManager).Assembly.GetExportedTypes().FirstOrDefault(type => type.Name == table.Subject)).OfType<Type>());
    }

    /// <summary>What the exception has beyond those of the framework and of its base.</summary>
    private static IEnumerable<string> Carried(Type exception) =>
        exception.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static property => property.DeclaringType!.Assembly != typeof(Exception).Assembly).Select(static property => property.Name);
}
