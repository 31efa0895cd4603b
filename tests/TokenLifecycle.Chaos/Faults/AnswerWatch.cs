using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using TokenLifecycle.Storage;

namespace TokenLifecycle.Chaos.Faults;

/// <summary>Stands before the network and writes down which refresh tokens left the process, and which were answered. The request itself is passed on as it is.</summary>
internal sealed class AnswerWatch(Diary diary, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpContent? content = request.Content;
        if (content is null)
            return await base.SendAsync(request, cancellationToken);

        var watched = new WatchedContent(content, diary);
        request.Content = watched;
        try
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            if (watched.RefreshToken is { } sent && response.IsSuccessStatusCode)
                diary.Write(Diary.Answered, sent);
            return response;
        }
        catch (Exception)
        {
            if (watched.RefreshToken is { } sent)
                diary.Write(Diary.GaveUp, sent);
            throw;
        }
        finally
        {
            request.Content = content; // The library asks its own content whether it has left.
        }
    }

    private sealed class WatchedContent : HttpContent
    {
        private readonly HttpContent _content;
        private readonly Diary _diary;

        public WatchedContent(HttpContent content, Diary diary)
        {
            (_content, _diary) = (content, diary);
            foreach ((string name, IEnumerable<string> values) in content.Headers)
                Headers.TryAddWithoutValidation(name, values);
        }

        /// <summary>The fingerprint of what was sent.</summary>
        public string? RefreshToken { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            using var body = new MemoryStream();
            await _content.CopyToAsync(body, context, cancellationToken);
            if (QueryHelpers.ParseQuery(System.Text.Encoding.UTF8.GetString(body.ToArray())).TryGetValue("refresh_token", out Microsoft.Extensions.Primitives.StringValues token))
            {
                RefreshToken = TokenFingerprint.Of(token.ToString());
                _diary.Write(Diary.Sent, RefreshToken);
            }

            await stream.WriteAsync(body.ToArray(), cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _content.Headers.ContentLength ?? 0;
            return _content.Headers.ContentLength is not null;
        }
    }
}
