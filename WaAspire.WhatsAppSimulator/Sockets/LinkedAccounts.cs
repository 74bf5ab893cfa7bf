using Microsoft.Extensions.Options;
using WaAspire.WhatsAppSimulator.CloudApi;
using WaAspire.WhatsAppSimulator.Phone;

namespace WaAspire.WhatsAppSimulator.Sockets;

/// <summary>What people do with accounts that are paired by QR code: scan one, write to it, read what it wrote. They chat in the same store as all others.</summary>
internal sealed class LinkedAccounts(StandIn standIn, ChatStore chats, BusinessNumbers numbers, IOptions<SocketsOptions> options, TimeProvider time)
{
    private const int TextMax = 4096;

    /// <summary>Who can be scanned now.</summary>
    public IReadOnlyList<WaitingAccount> Waiting { get; set; } = [];

    public bool Has(string number) => numbers.IsLinked(number);

    /// <summary>A device of this number is linked: it has a chat that somebody can begin.</summary>
    public void Meet(string number)
    {
        if (numbers.Link(number)) chats.Open(new ChatKey(number, options.Value.FirstContact), options.Value.FirstName);
    }

    /// <summary>What is wrong, or null: then the number can be written to at once.</summary>
    public async Task<string?> ScanAsync(string code, CancellationToken cancellation)
    {
        if (Waiting.FirstOrDefault(account => account.Code == code) is not { } account) return "this code has expired";
        var (_, problem) = await standIn.PostAsync("scan", new { qr = account.Qr, phone = account.Number }, cancellation);
        if (problem is null) Meet(account.Number);
        return problem;
    }

    public async Task<(string? Id, string? Problem)> WriteAsync(InboundRequest request, CancellationToken cancellation)
    {
        if (SendValidation.Digits(request.From) is not { } from) return (null, "from must be a phone number");
        if (request.Message is not null || string.IsNullOrWhiteSpace(request.Text) || request.Text.Length > TextMax)
            return (null, $"an account that is paired by QR code takes a text here, of 1 to {TextMax} characters");
        var name = request.Name ?? (from == options.Value.FirstContact ? options.Value.FirstName : null);
        var (answer, problem) = await standIn.PostAsync("inbound", new { account = request.PhoneNumberId, from, text = request.Text, name }, cancellation);
        if (problem is not null) return (null, problem);
        var id = answer.GetProperty("id").GetString()!;
        chats.Add(new PhoneMessage(request.PhoneNumberId, from, id, Direction.Inbound, "text", request.Text, time.GetUtcNow(), opaque: null), default, name);
        return (id, null);
    }

    /// <summary>How many; the account is told of each.</summary>
    public async Task<int> ReadAsync(ChatKey key, CancellationToken cancellation)
    {
        var delivered = chats.Delivered(key);
        foreach (var message in delivered)
        {
            var (_, problem) = await standIn.PostAsync("receipt", new { account = key.PhoneNumberId, id = message.Id, from = key.Contact, what = "read" }, cancellation);
            if (problem is null) chats.Advance(message, MessageStatus.Read, time.GetUtcNow());
        }

        return delivered.Count;
    }
}
