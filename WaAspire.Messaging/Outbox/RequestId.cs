using System.Security.Cryptography;
using System.Text;

namespace WaAspire.Messaging.Outbox;

/// <summary>
/// The idempotency key of a send: the same thread, user and client message id are the same message, whatever the text.
/// It is the outbox document's id, so that "create if absent" is the whole duplicate check.
/// </summary>
public static class RequestId
{
    /// <returns>64 lower-case hex digits: SHA-256 over the UTF-8 of <c>{threadId}|{uid}|{clientMessageId}</c>.</returns>
    public static string Of(string threadId, string uid, string clientMessageId) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{threadId}|{uid}|{clientMessageId}")));
}
