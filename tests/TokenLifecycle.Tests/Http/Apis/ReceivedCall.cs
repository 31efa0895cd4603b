namespace TokenLifecycle.Tests.Http.Apis;

/// <summary>A call as an API received it.</summary>
internal sealed record ReceivedCall(int Status, string Body, string? ContentType);
