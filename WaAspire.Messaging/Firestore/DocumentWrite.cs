namespace WaAspire.Messaging.Firestore;

/// <summary>One write of a commit.</summary>
/// <remarks>https://firebase.google.com/docs/firestore/reference/rest/v1/Write</remarks>
public sealed record DocumentWrite
{
    private DocumentWrite(string path) => Path = path;

    /// <summary>Relative, <c>outbox/{requestId}</c>.</summary>
    public string Path { get; private init; }

    public DocumentFields Fields { get; private init; } = [];

    /// <summary>Null replaces the whole document; otherwise only these fields change, and one that <see cref="Fields"/> lacks is deleted.</summary>
    public IReadOnlyList<string>? Mask { get; private init; }

    public IReadOnlyList<FieldTransform> Transforms { get; init; } = [];

    public Precondition Precondition { get; private init; } = Precondition.None;

    public bool IsDelete { get; private init; }

    /// <summary>What this write is counted under; null means the purpose of its commit, which a group commit shares.</summary>
    public string? Purpose { get; init; }

    /// <summary>Creates the document; refused with ALREADY_EXISTS when it is there.</summary>
    public static DocumentWrite Create(string path, DocumentFields fields, params FieldTransform[] transforms) =>
#if MUTATION_CreateOverwrites
        Set(path, fields, transforms);
#else
        new(path) { Fields = fields, Transforms = transforms, Precondition = Precondition.Absent };
#endif

    /// <summary>Changes the given fields (and deletes <paramref name="deleted"/>) if the document still has this update time.</summary>
    public static DocumentWrite Update(
        string path, Precondition precondition, DocumentFields fields, IEnumerable<string>? deleted = null, params FieldTransform[] transforms) =>
        new(path) { Fields = fields, Mask = [.. fields.Keys, .. deleted ?? []], Transforms = transforms, Precondition = precondition };

    /// <summary>Replaces the whole document, whatever was there.</summary>
    public static DocumentWrite Set(string path, DocumentFields fields, params FieldTransform[] transforms) =>
        new(path) { Fields = fields, Transforms = transforms };

    public static DocumentWrite Delete(string path, Precondition? precondition = null) =>
        new(path) { IsDelete = true, Precondition = precondition ?? Precondition.None };
}

/// <summary>What must hold for a write to be applied.</summary>
/// <param name="Exists">True: must exist. False: must not.</param>
/// <param name="UpdateTime">Must be the document's update time.</param>
public sealed record Precondition(bool? Exists, DateTimeOffset? UpdateTime)
{
    public static readonly Precondition None = new(null, null);
    public static readonly Precondition Present = new(true, null);
    public static readonly Precondition Absent = new(false, null);

    public static Precondition UnchangedSince(DateTimeOffset updateTime) => new(null, updateTime);
}

/// <summary>A change that the server computes.</summary>
public sealed record FieldTransform(string Field, FieldTransformKind Kind, FirestoreValue? Operand = null)
{
    /// <summary>The server's time of the commit, milliseconds: one value for the whole commit.</summary>
    public static FieldTransform RequestTime(string field) => new(field, FieldTransformKind.RequestTime);

    public static FieldTransform Increment(string field, long by) => new(field, FieldTransformKind.Increment, by);

    public static FieldTransform Maximum(string field, FirestoreValue value) => new(field, FieldTransformKind.Maximum, value);
}

public enum FieldTransformKind
{
    RequestTime,
    Increment,
    Maximum,
}
