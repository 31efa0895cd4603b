namespace TokenLifecycle.TestKit;

/// <summary>The folder of <c>TokenLifecycle.sln</c>, found upwards from the test assembly.</summary>
public static class RepositoryRoot
{
    public static string Path { get; } = Find();

    public static string Combine(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "TokenLifecycle.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No TokenLifecycle.sln above {AppContext.BaseDirectory}: run the tests from a clone of the repository.");
    }
}
