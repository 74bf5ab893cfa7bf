using System.Security.Cryptography;
using System.Text;

namespace WaAspire.Messaging.Accounts;

/// <summary>
/// The id of an account, <c>account_{namespace}_{first 32 hex of SHA-256 of the canonical phone}</c>. It is part of every thread's
/// id, so it is never made anew for a number that has one: numbers are compared by their digits first, whatever their spelling.
/// </summary>
public static class AccountId
{
    private const int HashLength = 32;
    private const string HomeCountry = "40";

    /// <summary>Deployments of the old system wrote under any of these.</summary>
    private static readonly string[] _oldNamespaces = ["prod", "dev", "development", "production"];

    /// <summary>Digits with a plus; a leading 0 is a national number. Null for what holds no digit.</summary>
    public static string? CanonicalPhone(string? text)
    {
        var digits = string.Concat((text ?? "").Where(char.IsAsciiDigit));
        return digits.Length == 0 ? null : "+" + (digits[0] == '0' ? HomeCountry + digits[1..] : digits);
    }

    public static string Of(string space, string canonicalPhone) =>
        $"account_{space}_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonicalPhone)))[..HashLength]}";

    /// <summary>Under which ids this number may be known, ours first.</summary>
    public static IReadOnlyList<string> Spellings(string space, string canonicalPhone) =>
        [.. _oldNamespaces.Prepend(space).Distinct(StringComparer.Ordinal).Select(known => Of(known, canonicalPhone))];

    /// <summary>For an account whose number is not known before it is paired.</summary>
    public static string WithoutPhone(string space) => $"account_{space}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(HashLength / 2))}";
}
