using System.Text;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.FirebaseEmulator.Operations;

public sealed class TtlTests(TtlTests.Sweeping emulator) : IClassFixture<TtlTests.Sweeping>
{
    private readonly EmulatorClient _client = emulator.Client();

    [Fact]
    public async Task expired_documents_vanish_from_every_collection_of_the_group_and_others_stay()
    {
        const string Past = "2020-01-01T00:00:00Z", Future = "2999-01-01T00:00:00Z";
        await _client.SetAsync("marks/gone", $$""" "expires":{"timestampValue":"{{Past}}"} """);
        await _client.SetAsync("a/b/marks/gone", $$""" "expires":{"timestampValue":"{{Past}}"} """);
        await _client.SetAsync("marks/later", $$""" "expires":{"timestampValue":"{{Future}}"} """);
        await _client.SetAsync("marks/text", $$""" "expires":{"stringValue":"{{Past}}"} """);
        await _client.SetAsync("marks/none", "");
        await _client.SetAsync("others/past", $$""" "expires":{"timestampValue":"{{Past}}"} """);
        await Eventually.IsTrueAsync(async () => (int)(await _client.GetAsync("/a/b/marks/gone")).Status == 404, "the nested document is deleted");
        await Eventually.IsTrueAsync(async () => (int)(await _client.GetAsync("/marks/gone")).Status == 404, "the document is deleted");
        Assert.Equal(["marks/later", "marks/none", "marks/text"], await _client.QueryAsync("""{"from":[{"collectionId":"marks"}]}"""));
        (await _client.GetAsync("/others/past")).Ok();
    }

    [Fact]
    public async Task a_large_collection_is_swept_to_the_end()
    {
        const int Many = 450;
        await _client.WriteAsync([.. Enumerable.Range(0, Many).Select(n => $$"""{"update":{"name":"…/many/x/marks/{{n}}","fields":{"expires":{"timestampValue":"2020-01-01T00:00:00Z"} } } }""")]);
        await Eventually.IsTrueAsync(async () => (await _client.QueryAsync("""{"from":[{"collectionId":"marks"}]}""", "/many/x")).Length == 0, "all are deleted");
    }

    public sealed class Sweeping : EmulatorFixture
    {
        private readonly string _file = Path.GetTempFileName();

        protected override string IndexesFile
        {
            get
            {
                File.WriteAllText(_file, """{"fieldOverrides":[{"collectionGroup":"marks","fieldPath":"expires","ttl":true,"indexes":[]}]}""", Encoding.UTF8);
                return _file;
            }
        }

        protected override string[] Arguments => ["--Ttl:Interval", "00:00:00.1"];
    }
}
