namespace TokenLifecycle.Http;

/// <summary>
/// Decides which request bodies can be sent twice (E5): those that are bytes in memory, those that were recorded while they were sent, and
/// those of which the app states it.
/// </summary>
internal static class ReplayableContent
{
    private static readonly HttpRequestOptionsKey<bool> OptionKey = new("TokenLifecycle.Resend");

    private static volatile bool _isEverAllowed;

    /// <summary>The app states that the body writes the same bytes each time.</summary>
    public static void Allow(HttpRequestMessage request)
    {
        _isEverAllowed = true;
        request.Options.Set(OptionKey, value: true);
    }

    /// <summary>
    /// Puts a recording content in place of one that may write other bytes the second time. Streams, and what holds streams, are left
    /// alone: the runtime waits until they are sent, which it doesn't for a content that it doesn't know.
    /// </summary>
    /// <returns>The recording content; null if none is needed or possible.</returns>
    public static RecordedContent? Record(HttpRequestMessage request)
    {
        HttpContent? content = request.Content;
        if (content is null or StreamContent or MultipartContent || IsInMemory(content) || IsVouchedFor(request))
            return null;
        if (content.Headers.ContentLength > RecordedContent.MaxBytes)
            return null;
        var recorded = new RecordedContent(content);
        request.Content = recorded;
        return recorded;
    }

    public static bool CanBeSentAgain(HttpRequestMessage request, RecordedContent? recorded) =>
        recorded?.CanBeSentAgain ?? (IsInMemory(request.Content) || IsVouchedFor(request));

    private static bool IsVouchedFor(HttpRequestMessage request) => _isEverAllowed && request.Options.TryGetValue(OptionKey, out bool allowed) && allowed;

    /// <summary>A derived type may write anything, so the exact types count.</summary>
    private static bool IsInMemory(HttpContent? content)
    {
        if (content is null)
            return true;
        Type type = content.GetType();
        if (type == typeof(StringContent) || type == typeof(ByteArrayContent) || type == typeof(FormUrlEncodedContent) || type == typeof(ReadOnlyMemoryContent))
            return true;
        return (type == typeof(MultipartContent) || type == typeof(MultipartFormDataContent)) && ((MultipartContent)content).All(IsInMemory);
    }
}
