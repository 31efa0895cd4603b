using System.Globalization;

namespace TokenLifecycle.TestKit;

/// <summary>What a measured run has to keep, and what of it it broke, in words.</summary>
internal sealed class Promises
{
    private readonly List<string> _broken = [];

    public IReadOnlyList<string> Broken => _broken;

    public void Keep(bool isKept, FormattableString promise)
    {
        if (!isKept)
            _broken.Add(promise.ToString(CultureInfo.InvariantCulture));
    }

    public override string ToString() => _broken.Count == 0 ? "every promise is kept" : "BROKEN:  " + string.Join("; ", _broken);
}
