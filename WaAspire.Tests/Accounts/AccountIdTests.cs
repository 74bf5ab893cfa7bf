using WaAspire.Messaging.Accounts;

namespace WaAspire.Tests.Accounts;

public sealed class AccountIdTests
{
    [Theory]
    [InlineData("+40712345678", "+40712345678")]
    [InlineData(" +40 712 345-678 ", "+40712345678")]
    [InlineData("40712345678", "+40712345678")]
    [InlineData("0712345678", "+40712345678")]
    [InlineData("+1 (555) 010-0999", "+15550100999")]
    [InlineData("none", null)]
    [InlineData(null, null)]
    public void a_number_has_one_spelling(string? text, string? canonical) => Assert.Equal(canonical, AccountId.CanonicalPhone(text));

    [Fact]
    public void an_id_is_the_one_that_the_old_system_made_and_is_found_under_all_its_namespaces()
    {
        Assert.Equal("account_dev_cd7b11e308a59fd9ab810bce5faf8393", AccountId.Of("dev", "+40712345678"));
        Assert.Equal(
            ["account_mine_cd7b11e308a59fd9ab810bce5faf8393", .. new[] { "prod", "dev", "development", "production" }.Select(space => $"account_{space}_cd7b11e308a59fd9ab810bce5faf8393")],
            AccountId.Spellings("mine", "+40712345678"));
        Assert.Matches("^account_prod_[0-9a-f]{32}$", AccountId.WithoutPhone("prod"));
    }
}
