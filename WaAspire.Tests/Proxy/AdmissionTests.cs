using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Proxy;

[Collection(ProxyCollection.Name)]
public sealed class AdmissionTests(ProxyUnderTest proxy)
{
    [Theory]
    [InlineData(null)]
    [InlineData("Bearer ")]
    [InlineData("Basic dXNlcjpwYXNz")]
    public async Task without_a_token_nobody_gets_in(string? header)
    {
        var conversation = await Conversation.OpenAsync(proxy);

        var answer = await ProxyUnderTest.PostAsync(proxy.Client, "/whatsappProxySend", header, conversation.Body());

        answer.AssertRefused(401, "missing_auth_token");
        Assert.Empty(await conversation.MessagesAsync());
    }

    [Fact]
    public async Task the_word_bearer_is_taken_in_its_one_spelling()
    {
        var conversation = await Conversation.OpenAsync(proxy);

        (await conversation.SendAsync(token: $"bearer {conversation.Token}")).AssertRefused(401, "missing_auth_token");
    }

    [Fact]
    public async Task an_expired_token_is_bad()
    {
        var conversation = await Conversation.OpenAsync(proxy);

        (await conversation.SendAsync(token: await proxy.MintAsync(conversation.Uid, expiresIn: -120))).AssertRefused(401, "unauthorized");
        Assert.Empty(await conversation.MessagesAsync());
    }

    [Fact]
    public async Task a_tampered_token_is_bad()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var parts = conversation.Token.Split('.');
        var other = (await proxy.SignUpAsync(ProxyUnderTest.Next("uid"))).Split('.');

        (await conversation.SendAsync(token: $"{parts[0]}.{other[1]}.{parts[2]}")).AssertRefused(401, "unauthorized");
    }

    [Fact]
    public async Task a_user_without_a_staff_profile_is_no_employee()
    {
        var conversation = await Conversation.OpenAsync(proxy);

        (await conversation.SendAsync(token: await proxy.SignUpAsync(ProxyUnderTest.Next("uid")))).AssertRefused(403, "employee_only");
        Assert.Empty(await conversation.MessagesAsync());
    }

    [Theory]
    [InlineData("boss@EXAMPLE.com", true, 200)]
    [InlineData("boss@example.com", false, 403)]
    [InlineData("ADMIN@example.com", true, 200)]
    [InlineData("admin@example.com", false, 403)]
    [InlineData("boss@example.com.evil.example", true, 403)]
    public async Task a_configured_address_is_an_employee_once_it_is_verified(string email, bool verified, int status)
    {
        var conversation = await Conversation.OpenAsync(proxy);
        await using var user = new Account(proxy, ProxyUnderTest.Next("uid"));

        var answer = await conversation.SendAsync(token: await proxy.SignUpAsync(user.Uid, email, verified));

        Assert.True(status == answer.Status, answer.Text);
    }

    [Fact]
    public async Task a_staff_profile_is_read_once_in_a_while_and_its_absence_as_well()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        (await conversation.SendAsync()).AssertAccepted();
        await DeleteProfileAsync(conversation.Uid);
        (await conversation.SendAsync()).AssertAccepted();

        var forgetful = await proxy.StartAnotherAsync("--Staff:CacheFor", "00:00:00");
        (await conversation.SendAsync(client: forgetful)).AssertRefused(403, "employee_only");
    }

    [Fact]
    public async Task keys_that_cannot_be_reached_are_an_outage()
    {
        var conversation = await Conversation.OpenAsync(proxy);
        var cutOff = await proxy.StartAnotherAsync("--FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:1");

        var answer = await conversation.SendAsync(client: cutOff);

        answer.AssertRefused(503, "service_unavailable");
        Assert.True(answer.Body.GetProperty("retryAfterSeconds").GetInt32() > 0);
    }

    private async Task DeleteProfileAsync(string uid) => Assert.IsType<CommitOutcome.Committed>(
        await proxy.Firestore.CommitAsync([DocumentWrite.Delete(FirestorePaths.StaffProfile(uid))], "test", CancellationToken.None));

    /// <summary>The emulator refuses a second user with one address, so each test takes its user away again.</summary>
    private sealed record Account(ProxyUnderTest Proxy, string Uid) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await Proxy.DeleteUserAsync(Uid);
    }
}
