namespace WaAspire.ServiceDefaults.Resilience;

/// <summary>What a caller knows of its request and no handler can see: whether doing it twice is doing it once.</summary>
public static class Repeatable
{
    /// <summary>Content has to be one that can be read again.</summary>
    public static readonly HttpRequestOptionsKey<bool> Key = new("waaspire.may-repeat");
}
