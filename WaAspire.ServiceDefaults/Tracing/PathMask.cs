using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenTelemetry;

namespace WaAspire.ServiceDefaults.Tracing;

/// <summary>Addresses of requests without the parts that name somebody: thread ids and numbers stand in paths, and a trace is read by many.</summary>
internal sealed partial class PathMask : BaseProcessor<Activity>
{
    private static readonly string[] _tags = ["url.full", "url.path"];

    public override void OnEnd(Activity data)
    {
        foreach (var tag in _tags)
        {
            if (data.GetTagItem(tag) is string address)
            {
                data.SetTag(tag, Telling().Replace(address, "/*"));
            }
        }
    }

    /// <summary>A segment with five digits in a row, or an at sign: <c>/account__40712345678@s.whatsapp.net</c>. What follows a colon is a verb of Firestore's.</summary>
    [GeneratedRegex("/(?=[^/?:]*(?:[0-9]{5}|@|%40))[^/?:]+")]
    private static partial Regex Telling();
}
