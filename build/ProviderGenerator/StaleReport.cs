using System.Globalization;

namespace ProviderGenerator;

/// <summary>Lists what has to be read again: sources older than six months, and facts and dates that have passed.</summary>
internal static class StaleReport
{
    private const int Months = 6;

    public static IEnumerable<string> Of(IEnumerable<ProviderFile> providers, DateOnly today)
    {
        string limit = today.AddMonths(-Months).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        foreach (ProviderFile p in providers)
        {
            foreach (Fact fact in p.ValuedFacts)
            {
                if (fact.ValidUntil < today)
                    yield return string.Create(CultureInfo.InvariantCulture, $"{p.Name}: {fact.Name} was valid until {fact.ValidUntil:yyyy-MM-dd}");
                string newest = fact.Sources.Select(id => p.Sources[id].Read).Max(StringComparer.Ordinal)!;
                if (string.CompareOrdinal(newest.Length == 7 ? newest + "-28" : newest, limit) < 0)
                    yield return $"{p.Name}: {fact.Name} was read on {newest}, more than {Months} months ago: {p.Sources[fact.Sources[0]].Url}";
            }

            if (p["hardDates"]?.Value is not { } dates)
                continue;
            foreach (string date in dates.EnumerateArray().Select(static date => date.GetProperty("date").GetString()!).Where(date => string.CompareOrdinal(date, today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)) <= 0))
                yield return $"{p.Name}: its date {date} has passed";
        }
    }
}
