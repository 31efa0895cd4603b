namespace TokenLifecycle.Options;

/// <summary>Where <c>http://</c> is accepted.</summary>
/// <param name="OnLoopback">Whether it is accepted for loopback addresses.</param>
/// <param name="Hosts">The hosts that the operator has named.</param>
internal readonly record struct PlainHttp(bool OnLoopback, IEnumerable<string> Hosts)
{
    public bool Allows(Uri address) => (OnLoopback && address.IsLoopback) || Hosts.Contains(address.IdnHost, StringComparer.OrdinalIgnoreCase);
}
