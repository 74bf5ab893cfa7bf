using Microsoft.Extensions.Options;

namespace WaAspire.Messaging.Accounts;

/// <summary>
/// Tells when an error that means little once has come again and again from one sender: then it is ours, not the message's.
/// In this process's memory, and bounded; who dies counts anew.
/// </summary>
public sealed class RepeatedErrors(IOptions<AccountPauseOptions> options, TimeProvider time)
{
    private const int SendersMax = 10_000;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Sender, string Code), (long Since, int Count)> _seen = [];
    private readonly AccountPauseOptions _options = options.Value;

    /// <summary>Notes one; true for each that completes a row, after which the next row begins.</summary>
    public bool Add(string sender, string code)
    {
        lock (_gate)
        {
            var key = (sender, code);
            var (since, count) = _seen.GetValueOrDefault(key);
            if (count == 0 || time.GetElapsedTime(since) > _options.RepeatedWithin)
            {
                (since, count) = (time.GetTimestamp(), 0);
            }

            if (count + 1 >= _options.RepeatedErrors)
            {
                return _seen.Remove(key) || _options.RepeatedErrors == 1;
            }

            if (_seen.Count >= SendersMax)
            {
                _seen.Clear();
            }

            _seen[key] = (since, count + 1);
            return false;
        }
    }
}
