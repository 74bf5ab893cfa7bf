using WaAspire.FirebaseEmulator.Auth;
using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Persistence;

/// <summary>What an earlier life of the emulator has left behind.</summary>
internal sealed class StoredState(
    IReadOnlyDictionary<string, StoredDatabase> databases,
    IReadOnlyList<(string Project, AuthUser User)> users,
    IReadOnlyDictionary<string, byte[]> settings)
{
    private const string Begun = "begun";

    public static StoredState Empty => new(new Dictionary<string, StoredDatabase>(), [], new Dictionary<string, byte[]>());

    public IReadOnlyDictionary<string, StoredDatabase> Databases { get; private set; } = databases;

    public IReadOnlyList<(string Project, AuthUser User)> Users { get; private set; } = users;

    /// <summary>Set when everything that belongs to a first start (the seed) is stored: a start that died before it begins anew.</summary>
    public static SettingStored FirstStartDone { get; } = new(Begun, []);

    public bool IsNew => !settings.ContainsKey(Begun);

    public byte[]? Setting(string name) => settings.GetValueOrDefault(name);

    /// <summary>Everybody has taken what is theirs; a document that is deleted later must not live on here.</summary>
    public void Release() => (Databases, Users) = (new Dictionary<string, StoredDatabase>(), []);
}

/// <param name="LastCommit">Microseconds; commit times go on from here even if the machine's clock went back.</param>
internal sealed record StoredDatabase(IReadOnlyList<Document> Documents, long LastCommit)
{
    public static readonly StoredDatabase Empty = new([], 0);
}
