using System.Globalization;
using System.Text.Json;

namespace WaAspire.Messaging.Enqueue;

/// <summary>When a message may go out: <c>sendAt</c> (not before) and <c>expiresAt</c> (never at or after), both ISO-8601 in UTC, both optional.</summary>
public sealed record SendTimes(DateTimeOffset? SendAt, DateTimeOffset? ExpiresAt)
{
    public static readonly SendTimes AtOnce = new(null, null);

    private static readonly string[] Formats = ["yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-ddTHH:mmK"];

    /// <summary>What can be told without knowing the time. Null when it is lawful.</summary>
    public static string? Read(JsonElement body, out SendTimes times)
    {
        times = AtOnce;
        var problem = ReadOne(body, "sendAt", out var sendAt);
        if (problem is not null)
            return problem;
        problem = ReadOne(body, "expiresAt", out var expiresAt);
        if (problem is null && expiresAt <= sendAt)
            problem = "expiresAt must lie after sendAt.";
        times = new SendTimes(sendAt, expiresAt);
        return problem;
    }

    /// <summary>What only the server's time can tell. Null when it is lawful.</summary>
    public string? ProblemAt(DateTimeOffset now, TimeSpan aheadMax)
    {
        if (SendAt - now > aheadMax)
            return $"sendAt lies more than {aheadMax.TotalDays:0.#} days ahead.";
        return ExpiresAt <= now ? "expiresAt lies in the past." : null;
    }

    /// <summary>A time that has passed means now.</summary>
    public DateTimeOffset? ScheduledAfter(DateTimeOffset now) => SendAt > now ? SendAt : null;

    private static string? ReadOne(JsonElement body, string name, out DateTimeOffset? time)
    {
        time = null;
        if (!body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        time = ReadTime(value);
        return time is null ? $"{name} must be a time in UTC, as 2030-01-31T12:00:00Z." : null;
    }

    // Whole milliseconds, as the server's own times: two messages for the same time are then told apart by who came first.
    private static DateTimeOffset? ReadTime(JsonElement value) =>
        value.ValueKind == JsonValueKind.String
        && DateTimeOffset.TryParseExact(value.GetString(), Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
        && time.Offset == TimeSpan.Zero && value.GetString()!.EndsWith("Z", StringComparison.OrdinalIgnoreCase)
            ? time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMillisecond))
            : null;
}
