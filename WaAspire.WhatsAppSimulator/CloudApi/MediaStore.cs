using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace WaAspire.WhatsAppSimulator.CloudApi;

/// <summary>One uploaded file.</summary>
internal sealed record MediaFile(string Id, string PhoneNumberId, string Type, string MimeType, byte[] Bytes)
{
    public string Sha256 { get; } = Convert.ToHexStringLower(SHA256.HashData(Bytes));
}

/// <summary>
/// What was uploaded, in memory and bounded: the oldest files make room, as Meta's do after 30 days. A download address is
/// good for five minutes and carries its own proof.
/// </summary>
internal sealed class MediaStore(IOptions<SimulatorOptions> options, TimeProvider time)
{
    private static readonly TimeSpan UrlLifetime = TimeSpan.FromMinutes(5);

    private readonly SimulatorOptions _options = options.Value;
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<MediaFile>> _byId = [];
    private readonly LinkedList<MediaFile> _oldestFirst = [];
    private long _bytes;

    public MediaFile Add(string phoneNumberId, string type, string mimeType, byte[] bytes)
    {
        // Longer than any phone number id, so that one address serves both.
        var id = "9" + RandomNumberGenerator.GetString("0123456789", 23);
        var file = new MediaFile(id, phoneNumberId, type, mimeType, bytes);
        lock (_gate)
        {
            _byId[id] = _oldestFirst.AddLast(file);
            _bytes += bytes.LongLength;
            while (_oldestFirst.Count > 1 && (_oldestFirst.Count > _options.MediaMax || _bytes > _options.MediaBytesMax))
                Remove_NeedsLock(_oldestFirst.First!);
        }

        return file;
    }

    public MediaFile? Find(string? id)
    {
        lock (_gate) return id is not null && _byId.TryGetValue(id, out var node) ? node.Value : null;
    }

    public bool Remove(string id)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(id, out var node)) return false;
            Remove_NeedsLock(node);
            return true;
        }
    }

    /// <summary>The query of a download address: <c>mid=…&amp;ext=…&amp;hash=…</c>.</summary>
    public string Ticket(string id)
    {
        var until = time.GetUtcNow().Add(UrlLifetime).ToUnixTimeSeconds();
        return $"mid={id}&ext={until}&hash={Proof(id, until)}";
    }

    public bool TryRedeem(string id, long until, string proof, [NotNullWhen(true)] out MediaFile? file)
    {
        file = proof == Proof(id, until) && time.GetUtcNow().ToUnixTimeSeconds() < until ? Find(id) : null;
        return file is not null;
    }

    public object State()
    {
        lock (_gate) return new { files = _oldestFirst.Count, bytes = _bytes };
    }

    private string Proof(string id, long until) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(_key, System.Text.Encoding.UTF8.GetBytes($"{id}|{until}")));

    private void Remove_NeedsLock(LinkedListNode<MediaFile> node)
    {
        _oldestFirst.Remove(node);
        _byId.Remove(node.Value.Id);
        _bytes -= node.Value.Bytes.LongLength;
    }
}
