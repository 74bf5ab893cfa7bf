using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Tests.WhatsApp;

public sealed class JidTests
{
    [Theory]
    [InlineData("40712345678@s.whatsapp.net", "40712345678@s.whatsapp.net")]
    [InlineData("+40712345678@s.whatsapp.net", "40712345678@s.whatsapp.net")]
    [InlineData("  40712345678@S.WhatsApp.Net ", "40712345678@s.whatsapp.net")]
    [InlineData("40712345678@c.us", "40712345678@s.whatsapp.net")]
    [InlineData("40712345678:12@s.whatsapp.net", "40712345678@s.whatsapp.net")]
    [InlineData("+40712345678", "40712345678@s.whatsapp.net")]
    [InlineData("40712345678", "40712345678@s.whatsapp.net")]
    [InlineData("120363012345678901@g.us", "120363012345678901@g.us")]
    [InlineData("40712345678-1612345678@g.us", "40712345678-1612345678@g.us")]
    [InlineData("123456789012345@lid", "123456789012345@lid")]
    [InlineData("status@broadcast", "status@broadcast")]
    public void an_address_has_one_canonical_form(string text, string canonical)
    {
        Assert.True(Jid.TryParse(text, out var jid));
        Assert.Equal(canonical, jid.Value);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("[object Object]")]
    [InlineData("@s.whatsapp.net")]
    [InlineData("abc@s.whatsapp.net")]
    [InlineData("407 12@s.whatsapp.net")]
    [InlineData("1234@s.whatsapp.net")]
    [InlineData("40712345678@example.com")]
    [InlineData("40712345678@s.whatsapp.net@g.us")]
    [InlineData("٤٠٧١٢٣٤٥٦٧٨@s.whatsapp.net")]
    public void anything_else_is_refused(string? text) => Assert.False(Jid.TryParse(text, out _));

    [Fact]
    public void an_address_prints_redacted()
    {
        Assert.True(Jid.TryParse("+40712345678@s.whatsapp.net", out var jid));

        Assert.Equal("…78@s.whatsapp.net", $"{jid}");
        Assert.Equal("+40712345678", jid.PhoneE164);
    }

    [Fact]
    public void only_a_person_has_a_phone_number()
    {
        Assert.True(Jid.TryParse("123456789012345@lid", out var jid));

        Assert.Null(jid.PhoneE164);
    }
}
