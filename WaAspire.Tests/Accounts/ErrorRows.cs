namespace WaAspire.Tests.Accounts;

/// <summary>
/// What each error must do, written down a second time and from Meta's documentation, so that the product's table has
/// something to be compared with. Words: <c>fail</c>; <c>template</c> (fails, and the template stops);
/// <c>retry 5 30</c> (seconds, then it fails); <c>pause reason</c> (until a person), <c>pause reason 60</c>;
/// <c>waba</c> and <c>app</c> pause all who share it; <c>down 5 300</c> (first and longest wait); <c>pair</c>; <c>rate</c>;
/// <c>alert</c>.
/// </summary>
internal static class ErrorRows
{
    public const string All = """
        0       pause token_expired alert
        1       retry 5 30 alert
        2       down 5 300
        3       pause permission alert
        4       app app_rate_limit 60
        10      pause permission alert
        33      pause number_deleted alert
        100     fail
        100/33  pause number_not_accessible alert
        190     pause token_expired alert
        200     pause permission alert
        299     pause permission alert
        368     pause restricted alert
        80007   waba waba_rate_limit 60
        130403  fail
        130429  rate
        130472  fail
        130497  fail alert
        131000  retry 10 60 300 alert
        131005  pause permission alert
        131008  fail alert
        131009  fail
        131016  down 10 600
        131021  fail
        131026  fail
        131030  fail alert
        131031  pause locked alert
        131037  pause display_name alert
        131042  pause billing alert
        131045  pause registration alert
        131047  fail
        131048  pause spam_limit 14400 alert
        131049  fail
        131050  fail
        131051  fail
        131052  fail
        131053  fail
        131055  fail
        131056  pair
        131057  pause maintenance 60
        131062  fail
        131063  template alert
        131064  pause messaging_limit alert
        132000  fail
        132001  template alert
        132005  fail
        132007  template alert
        132012  fail
        132015  template alert
        132016  template alert
        132018  fail
        132068  fail alert
        132069  retry 3600 3600 3600 3600
        133000  fail alert
        133004  down 5 300
        133005  fail alert
        133006  fail alert
        133008  fail alert
        133009  fail alert
        133010  pause registration alert
        133015  retry 300 alert
        133016  fail alert
        134011  fail alert
        134100  fail
        134101  retry 600 600 600 600
        134102  fail alert
        135000  fail alert
        137000  fail
        139100  fail alert
        139101  fail alert
        139102  fail alert
        139103  fail alert
        """;

    public static IReadOnlyList<ErrorRow> Read() => [.. All.Split('\n').Select(line => Row(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];

    private static ErrorRow Row(string[] words)
    {
        var code = words[0].Split('/');
        return new ErrorRow(
            int.Parse(code[0], System.Globalization.CultureInfo.InvariantCulture),
            code.Length > 1 ? int.Parse(code[1], System.Globalization.CultureInfo.InvariantCulture) : null,
            words[1],
            words.Skip(2).FirstOrDefault(word => word != "alert" && !char.IsAsciiDigit(word[0])),
            [.. words.Skip(2).Where(word => char.IsAsciiDigit(word[0])).Select(word => TimeSpan.FromSeconds(int.Parse(word, System.Globalization.CultureInfo.InvariantCulture)))],
            words[^1] == "alert");
    }
}

/// <summary>One line of <see cref="ErrorRows"/>.</summary>
internal sealed record ErrorRow(int Code, int? Subcode, string Action, string? Reason, IReadOnlyList<TimeSpan> Times, bool Alert)
{
    public override string ToString() => $"{Code}{(Subcode is null ? "" : $"/{Subcode}")}";
}
