using System.Globalization;
using System.Text.Json;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Gateway;

namespace WaAspire.Tests.Chaos.Linked;

/// <summary>A stanza as WhatsApp took it.</summary>
/// <param name="Number">Its place among all that WhatsApp took.</param>
/// <param name="Contact">The recipient's digits.</param>
/// <param name="Text">Null where its recipient could not read it.</param>
internal sealed record TakenStanza(long Number, string Account, string Id, string Contact, string? Text);

/// <summary>
/// What WhatsApp took from accounts that are paired by QR code, in order. The stand-in remembers its last 20,000 stanzas only,
/// so it is read again and again, in pages, and a gap in its numbers is an error.
/// </summary>
internal sealed class SentLog(SocketStandIn sockets)
{
    private const int Page = 500;
    private readonly SemaphoreSlim _one = new(1);
    private readonly List<TakenStanza> _taken = [];
    private long _last;

    /// <summary>All that was taken up to now.</summary>
    public async Task<IReadOnlyList<TakenStanza>> ReadAsync()
    {
        await _one.WaitAsync();
        try
        {
            while (Add(await sockets.GetAsync(string.Create(CultureInfo.InvariantCulture, $"sent?after={_last}&limit={Page}"))) == Page)
            {
            }

            return [.. _taken];
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>
    /// The requests that phones show, in order, as often as they do: one bubble for each id, however often that came. A bubble is
    /// known by its words, so that a second id for them is a second bubble; by its id where its recipient could not read it. One
    /// that is known by neither is there under WhatsApp's own id for it.
    /// </summary>
    /// <param name="taken">As WhatsApp took it.</param>
    /// <param name="after">What it had taken by then is not asked for.</param>
    /// <param name="threads">By the recipient's digits: the requests that were accepted for it, in that order.</param>
    public static IReadOnlyList<string> Bubbles(IEnumerable<TakenStanza> taken, long after, IEnumerable<(string Contact, IReadOnlyList<string> RequestIds)> threads)
    {
        var byText = new Dictionary<(string, string), string>();
        var byId = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (contact, requestIds) in threads)
        {
            for (var number = 0; number < requestIds.Count; number++)
            {
                byText[(contact, ChaosClient.TextOf(number))] = requestIds[number];
                byId[TransportMessageId.Of(requestIds[number])] = requestIds[number];
            }
        }

        return [.. Messages(taken, after).Select(copies => RequestOf(copies.Select(stanza => stanza.Text).OfType<string>().FirstOrDefault(), copies.First()))];

        string RequestOf(string? text, TakenStanza stanza) =>
            (text is null ? byId.GetValueOrDefault(stanza.Id) : byText.GetValueOrDefault((stanza.Contact, text))) ?? stanza.Id;
    }

    /// <summary>How many messages reached their recipient, who could not read one copy of them.</summary>
    public static int Unreadable(IEnumerable<TakenStanza> taken, long after) => Messages(taken, after).Count(copies => copies.All(stanza => stanza.Text is null));

    /// <summary>All copies of each message, the messages in the order of their first ones. What an account tells its own phones is no message.</summary>
    private static IEnumerable<IGrouping<(string, string), TakenStanza>> Messages(IEnumerable<TakenStanza> taken, long after) =>
        taken.Where(stanza => stanza.Contact != stanza.Account).GroupBy(stanza => (stanza.Account, stanza.Id)).Where(copies => copies.First().Number > after);

    private int Add(JsonElement page)
    {
        foreach (var entry in page.EnumerateArray())
        {
            var number = entry.GetProperty("seq").GetInt64();
            Assert.True(number == _last + 1, $"WhatsApp's stand-in has forgotten what it took between {_last} and {number}");
            _last = number;
            if (!entry.GetProperty("answer").GetString()!.StartsWith("error", StringComparison.Ordinal))
            {
                _taken.Add(new TakenStanza(
                    number,
                    entry.GetProperty("account").GetString()!,
                    entry.GetProperty("id").GetString()!,
                    entry.GetProperty("contact").GetString()!,
                    entry.TryGetProperty("text", out var text) ? text.GetString() : null));
            }
        }

        return page.GetArrayLength();
    }
}
