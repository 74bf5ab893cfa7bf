using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.Outbox;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Flows;

/// <summary>Every kind of message through all processes, and files from the client to WhatsApp. Compared with what WhatsApp accepted.</summary>
[Collection(RunningSystemGroup.Name)]
public sealed partial class EveryKindTests(RunningSystem system)
{
    private static readonly string[] _envelope = ["messaging_product", "recipient_type", "to", "biz_opaque_callback_data"];

    [Fact]
    public async Task every_kind_of_message_arrives_as_meta_wants_it()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(Payloads.Good.Count);
        var ids = await UploadOneOfEachAsync(company);
        var requestIds = new List<string>();
        foreach (var (payload, index) in Payloads.Good.Select((payload, index) => (payload, index)))
        {
            requestIds.Add(await SendAsync(company, index + 1, Filled(payload.Json, ids)));
        }

        foreach (var requestId in requestIds)
        {
            await company.StateAsync(requestId, OutboxStatus.Sent);
        }

        var accepted = await AcceptedAsync(company);
        Assert.Equal(requestIds.Count, accepted.Count);
        foreach (var (payload, index) in Payloads.Good.Select((payload, index) => (payload, index)))
        {
            var body = accepted[requestIds[index]];
            Assert.Equal("+" + company.PhoneOf(index + 1), body["to"]!.GetValue<string>());
            Assert.Equal(("whatsapp", "individual"), (body["messaging_product"]!.GetValue<string>(), body["recipient_type"]!.GetValue<string>()));
            foreach (var name in _envelope)
            {
                body.Remove(name);
            }

            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Filled(payload.Message, ids)), body), $"{payload.Name}: {body}");
        }
    }

    [Fact]
    public async Task an_image_that_was_uploaded_is_the_one_that_the_phone_has()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(1);
        var bytes = MediaFiles.Of("image/png", 200_000);

        var answer = await UploadAsync(company, MediaFiles.Body("image/png", bytes));
        var id = answer.GetProperty("mediaId").GetString()!;

        Assert.Equal(["success", "mediaId", "mimeType", "sha256", "size"], answer.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("image/png", bytes.Length), (answer.GetProperty("mimeType").GetString(), answer.GetProperty("size").GetInt32()));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), answer.GetProperty("sha256").GetString());
        Assert.Equal(bytes, await system.WhatsApp.GetByteArrayAsync($"/simulator/media/{id}"));
    }

    [Fact]
    public async Task a_form_with_the_ids_in_it_is_an_upload_too()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(1);

        var answer = await UploadAsync(company, MediaFiles.Form("application/pdf", ("threadId", company.ThreadId(1)), ("accountId", company.AccountId)), query: "");

        Assert.Equal(MediaFiles.Of("application/pdf"), await system.WhatsApp.GetByteArrayAsync($"/simulator/media/{answer.GetProperty("mediaId").GetString()}"));
    }

    [Fact]
    public async Task twenty_megabytes_pass_through_without_a_length_told()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(1);
        var form = new MultipartFormDataContent { { MediaFiles.Body("application/pdf", MediaFiles.Of("application/pdf", 20 << 20)), "file", "large.pdf" } };

        Assert.Equal(20 << 20, (await UploadAsync(company, form)).GetProperty("size").GetInt32());
    }

    [Fact]
    public async Task a_file_for_an_account_that_the_worker_does_not_know_is_refused()
    {
        var company = await Company.OpenAsync(system);
        var thread = $"nobodys__{company.JidOf(1)}";
        await company.CommitAsync(DocumentWrite.Set(FirestorePaths.Thread(thread), new DocumentFields { ["accountId"] = "nobodys", ["clientJid"] = company.JidOf(1) }));

        using var response = await PostAsync(company, MediaFiles.Body("image/png"), $"?threadId={Uri.EscapeDataString(thread)}&accountId=nobodys");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("account_not_found", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString());
    }

    [Fact]
    public async Task a_message_with_a_file_that_whatsapp_does_not_have_becomes_a_dead_letter()
    {
        var company = await Company.OpenAsync(system);
        await company.OpenThreadsAsync(1);

        var requestId = await SendAsync(company, 1, """{"type":"image","image":{"id":"404"}}""");

        await company.StateAsync(requestId, OutboxStatus.Failed);
        Assert.Equal("131009", (await company.StoredAsync(FirestorePaths.OutboxMessage(requestId))).Fields.Map(OutboxFields.Failure)!.Text("code"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    public async Task the_workers_own_endpoint_is_closed_without_the_internal_token(string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/media?accountId=a") { Content = MediaFiles.Body("image/png") };
        if (token is not null)
        {
            request.Headers.Add("X-Internal-Token", token);
        }

        using var response = await system.Worker.SendAsync(request);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    private static string Query(Company company) => $"?threadId={Uri.EscapeDataString(company.ThreadId(1))}&accountId={company.AccountId}";

    private static string Filled(string json, Dictionary<string, string> ids) => Placeholder().Replace(json, match => ids[match.Groups[1].Value]);

    private async Task<Dictionary<string, string>> UploadOneOfEachAsync(Company company)
    {
        (string Kind, string MimeType)[] files = [("image", "image/jpeg"), ("video", "video/mp4"), ("audio", "audio/ogg"), ("document", "application/pdf"), ("sticker", "image/webp")];
        var ids = new Dictionary<string, string>();
        foreach (var (kind, mimeType) in files)
        {
            ids[kind] = (await UploadAsync(company, MediaFiles.Body(mimeType))).GetProperty("mediaId").GetString()!;
        }

        return ids;
    }

    private async Task<JsonElement> UploadAsync(Company company, HttpContent file, string? query = null)
    {
        using var response = await PostAsync(company, file, query ?? Query(company));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    private async Task<HttpResponseMessage> PostAsync(Company company, HttpContent file, string query)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/whatsappProxyUploadMedia" + query) { Content = file };
        request.Headers.Authorization = company.Bearer;
        return await system.Proxy.SendAsync(request);
    }

    private async Task<string> SendAsync(Company company, int thread, string payload)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/whatsappProxySend")
        {
            Content = JsonContent.Create(new
            {
                threadId = company.ThreadId(thread),
                accountId = company.AccountId,
                toJid = company.JidOf(thread),
                clientMessageId = thread.ToString(CultureInfo.InvariantCulture),
                payload = JsonNode.Parse(payload),
            }),
        };
        request.Headers.Authorization = company.Bearer;
        using var response = await system.Proxy.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        return JsonDocument.Parse(body).RootElement.GetProperty("requestId").GetString()!;
    }

    /// <summary>Bodies that WhatsApp accepted from this company, by request id.</summary>
    private async Task<Dictionary<string, JsonObject>> AcceptedAsync(Company company) =>
        (await system.WhatsApp.GetStringAsync("/simulator/accepted")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonNode.Parse(line)!)
            .Where(entry => entry["phoneNumberId"]!.GetValue<string>() == company.PhoneNumberId)
            .ToDictionary(entry => entry["opaque"]!.GetValue<string>().Split(':')[0], entry => entry["body"]!.AsObject());

    [GeneratedRegex(@"\{(image|video|audio|document|sticker)\}")]
    private static partial Regex Placeholder();
}
