namespace Aspire.StackExchange.Redis;

/// <summary>
/// Settings of the Redis client, by Aspire's names: section <c>Aspire:StackExchange:Redis</c>, then
/// <c>Aspire:StackExchange:Redis:{connectionName}</c>, then <c>ConnectionStrings:{connectionName}</c>, then code.
/// </summary>
public sealed class StackExchangeRedisSettings
{
    public string? ConnectionString { get; set; }

    /// <summary>Leaves out the check <c>StackExchange.Redis</c> of <c>/health</c>.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Makes no spans of commands.</summary>
    public bool DisableTracing { get; set; }
}
