namespace TokenLifecycle.Chaos;

/// <summary>Tells the server which process asks. Not by a setting: to the library, workers with different headers would be different clients of the provider.</summary>
internal sealed class NamedSender(string name, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation(WorkerSettings.WorkerHeader, name);
        return base.SendAsync(request, cancellationToken);
    }
}
