using System.ComponentModel.DataAnnotations;

namespace WaAspire.Worker.Sessions;

/// <summary>Section <c>Sessions</c>: the stored keys of Baileys accounts.</summary>
public sealed class SessionKeyOptions : IValidatableObject
{
    public const string Section = "Sessions";

    /// <summary><c>WA_SESSION_KEYS</c>: <c>id:base64,id:base64</c>, 32 bytes each. The first encrypts, all decrypt. Null: no Baileys account is served.</summary>
    public string? Keys { get; set; }

    /// <summary>Keys in one read or write. Default 5,000; a pairing writes about 812.</summary>
    [Range(100, 20_000)]
    public int KeysMax { get; set; } = 5000;

    /// <summary>Bytes of one write, encrypted. Default 8 MiB: Firestore takes a request of 10.</summary>
    [Range(64 * 1024, 9 * 1024 * 1024)]
    public int WriteBytesMax { get; set; } = 8 * 1024 * 1024;

    /// <summary>Bytes of one key, encrypted. Default 900 KiB: a document of Firestore takes 1 MiB.</summary>
    [Range(1024, 1000 * 1024)]
    public int KeyBytesMax { get; set; } = 900 * 1024;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        string.IsNullOrEmpty(Keys) || SessionKeyRing.Parse(Keys) is not null
            ? []
            : [new ValidationResult("WA_SESSION_KEYS must be id:key pairs with commas between them; a key is 32 bytes in base64.", [nameof(Keys)])];
}
