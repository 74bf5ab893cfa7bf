namespace WaAspire.Tests.FirebaseEmulator.Clients;

/// <summary>An emulator as a client's own tests would start it: no rules, and any query may run.</summary>
public sealed class OpenEmulator : EmulatorFixture
{
    protected override string[] Arguments => ["--no-index-check", "--tokens", "unsigned"];
}

public sealed class NodeFirestoreTests(OpenEmulator emulator) : IClassFixture<OpenEmulator>
{
    [Fact]
    public async Task googles_firestore_client_for_node_works_over_rest() =>
        Assert.Equal(26, await NodeClients.RunAsync("firestore.mjs", emulator.Http.BaseAddress!));
}

public sealed class WebLiteTests(OpenEmulator emulator) : IClassFixture<OpenEmulator>
{
    [Fact]
    public async Task firebase_lite_and_firebase_auth_for_the_web_work() =>
        Assert.Equal(17, await NodeClients.RunAsync("lite.mjs", emulator.Http.BaseAddress!));
}

public sealed class AdminTests(OpenEmulator emulator) : IClassFixture<OpenEmulator>
{
    [Fact]
    public async Task firebase_admin_for_node_works() =>
        Assert.Equal(13, await NodeClients.RunAsync("admin.mjs", emulator.Http.BaseAddress!));
}
