namespace TokenLifecycle.Options;

/// <summary>How the account is requested from the user-info endpoint.</summary>
public enum UserInfoRequestFormat
{
    /// <summary>GET, with the parameters in the query.</summary>
    Get = 0,

    /// <summary>POST with a form.</summary>
    Form = 1,

    /// <summary>POST with JSON, for example for a GraphQL API.</summary>
    Json = 2,
}
