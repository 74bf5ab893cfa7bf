using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace WaAspire.Tests.LocalHosting;

public sealed class ModelNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("whatsapp-2")]
    [InlineData("Redis")]
    public void a_name_of_letters_digits_and_single_hyphens_is_taken(string name)
    {
        var builder = TestApps.Create();
        Assert.Equal(name, builder.AddParameter(name, "value").Resource.Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2nd")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a--b")]
    [InlineData("a_b")]
    [InlineData("größe")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")] // 65
    public void any_other_name_is_refused_for_resources_and_endpoints(string name)
    {
        var builder = TestApps.Create();
        Assert.ThrowsAny<ArgumentException>(() => builder.AddParameter(name, "value"));
        Assert.ThrowsAny<ArgumentException>(() => builder.AddShell("server", "true").WithHttpEndpoint(name: name));
    }

    [Fact]
    public void two_resources_cannot_share_a_name_even_in_another_case()
    {
        var builder = TestApps.Create();
        builder.AddParameter("token", "value");
        Assert.Throws<DistributedApplicationException>(() => builder.AddShell("Token", "true"));
    }

    [Fact]
    public void a_secret_is_never_published_as_a_default()
    {
        var builder = TestApps.Create();
        Assert.Throws<ArgumentException>(() => builder.AddParameter("token", "value", publishValueAsDefault: true, secret: true));
    }
}
