using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.Tokens;
using WaAspire.FirebaseEmulator.Auth;

namespace WaAspire.Tests.FirebaseEmulator.Auth;

public sealed class CallerTests
{
    private const string NoAlgorithm = """{"alg":"none","typ":"JWT"}""";

    [Theory]
    [InlineData(null, nameof(CallerKind.Anonymous))]
    [InlineData("Bearer owner", nameof(CallerKind.Admin))]
    [InlineData("Bearer ya29.opaque", nameof(CallerKind.Admin))]
    [InlineData("Bearer not.base64!.x", nameof(CallerKind.Admin))]
    public void a_caller_without_a_firebase_token_is_nobody_or_an_administrator(string? header, string kind) =>
        Assert.Equal(kind, Of(header).Kind.ToString());

    [Fact]
    public void a_service_accounts_own_token_is_an_administrators() =>
        Assert.Equal(CallerKind.Admin, Of(Token("""{"iss":"robot@demo.iam.gserviceaccount.com","sub":"robot@demo.iam.gserviceaccount.com"}""")).Kind);

    [Fact]
    public void a_firebase_token_is_its_users_though_unsigned_and_long_expired()
    {
        var caller = Of(Token("""{"iss":"https://securetoken.google.com/demo","sub":"alice","iat":0,"exp":3600}"""));
        Assert.Equal(CallerKind.User, caller.Kind);
        Assert.Equal("alice", caller.Claims!.Value.GetProperty("sub").GetString());
    }

    private static string Token(string payload) => $"Bearer {Base64UrlEncoder.Encode(NoAlgorithm)}.{Base64UrlEncoder.Encode(payload)}.";

    private static Caller Of(string? header)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Authorization = header;
        return Caller.Of(context.Request);
    }
}
