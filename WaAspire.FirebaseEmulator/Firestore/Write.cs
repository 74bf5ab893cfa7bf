namespace WaAspire.FirebaseEmulator.Firestore;

internal enum WriteKind
{
    Update,
    Delete,
    Verify,
}

/// <summary>One write of a commit, as parsed; <see cref="WriteApplier"/> says what it does.</summary>
/// <remarks>https://firebase.google.com/docs/firestore/reference/rest/v1/Write</remarks>
internal sealed record Write(WriteKind Kind, DocumentPath Path)
{
    public MapValue Fields { get; init; } = MapValue.Empty;

    /// <summary>Null replaces the whole document; an empty one changes nothing but creates the document.</summary>
    public IReadOnlyList<FieldPath>? Mask { get; init; }

    public IReadOnlyList<Transform> Transforms { get; init; } = [];

    public Precondition Precondition { get; init; } = Precondition.None;
}

/// <param name="Exists">Must (not) exist.</param>
/// <param name="UpdateTime">Must be the document's update time, microseconds.</param>
internal sealed record Precondition(bool? Exists = null, long? UpdateTime = null)
{
    public static readonly Precondition None = new();
}

internal enum TransformKind
{
    RequestTime,
    Increment,
    Maximum,
    Minimum,
    AppendMissingElements,
    RemoveAllFromArray,
}

internal sealed record Transform(FieldPath Field, TransformKind Kind, Value Operand);

/// <summary>What a write gave back: the document's update time (null for a delete) and the transforms' results.</summary>
internal sealed record WriteResult(long? UpdateTime, IReadOnlyList<Value> TransformResults);
