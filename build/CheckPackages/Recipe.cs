using System.Text.RegularExpressions;

namespace CheckPackages;

/// <summary>The commands and the program of a readme, the commands that run it, and the expected output.</summary>
internal sealed partial class Recipe
{
    public Recipe(string page, string snippet)
    {
        string text = File.ReadAllText(page).ReplaceLineEndings("\n");
        Match[] blocks = [.. Block().Matches(text).Cast<Match>()];
        int program = Array.FindIndex(blocks, block => block.Groups["name"].Value == snippet);
        if (program < 1 || program + 1 >= blocks.Length || Language(blocks[program - 1]) != "sh" || Language(blocks[program + 1]) != "sh")
            throw new InvalidOperationException($"{page} does not show the program {snippet} between the commands that create its project and those that run it.");

        SetUp = Code(blocks[program - 1]);
        Program = Code(blocks[program]);
        Run = Code(blocks[program + 1]);
        Output = program + 2 < blocks.Length && Language(blocks[program + 2]).Length == 0 ? Code(blocks[program + 2]).TrimEnd().Split('\n') : [];
        Folder = ProjectName().Match(SetUp).Groups["name"].Value;
    }

    public string SetUp { get; }

    public string Program { get; }

    public string Run { get; }

    /// <summary>The expected output; empty if the readme shows none.</summary>
    public string[] Output { get; }

    public string Folder { get; }

    /// <summary>Returns whether another page shows the same.</summary>
    public bool IsAlsoIn(string page)
    {
        string text = File.ReadAllText(page).ReplaceLineEndings("\n");
        return text.Contains(SetUp, StringComparison.Ordinal) && text.Contains(Program, StringComparison.Ordinal) && text.Contains(Run, StringComparison.Ordinal);
    }

    /// <summary>Returns the value that <c>dotnet user-secrets set</c> assigns to a setting.</summary>
    public string Secret(string name) => Regex.Match(SetUp, $@"user-secrets set {Regex.Escape(name)} (\S+)", RegexOptions.None, TimeSpan.FromSeconds(5)).Groups[1].Value;

    private static string Language(Match block) => block.Groups["language"].Value;

    private static string Code(Match block) => block.Groups["code"].Value;

    [GeneratedRegex(@"(?:^<!-- snippet: (?<name>[\w-]+) -->\n)?^```(?<language>\w*)\n(?<code>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Block();

    [GeneratedRegex(@"dotnet new \w+ -n (?<name>\w+)", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ProjectName();
}
