using System.Text.Json;

namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>Reads writes, masks and preconditions in every form that Google's clients send.</summary>
internal static class WriteJson
{
    private static readonly string[] ServerValues = ["SERVER_VALUE_UNSPECIFIED", "REQUEST_TIME"];

    public static Write Read(JsonElement element, DatabaseName database)
    {
        Write? write = null;
        IReadOnlyList<FieldPath>? mask = null;
        IReadOnlyList<Transform> transforms = [];
        var precondition = Precondition.None;
        foreach (var (name, value) in RequestJson.Members(element))
        {
            switch (name)
            {
                case "update": write = Single(write, ReadUpdate(value, database)); break;
                case "delete": write = Single(write, new(WriteKind.Delete, database.PathOf(RequestJson.Text(value)))); break;
                case "verify": write = Single(write, new(WriteKind.Verify, database.PathOf(RequestJson.Text(value)))); break;
                case "transform": write = Single(write, ReadTransformWrite(value, database)); break;
                case "updateMask": mask = ReadMask(value); break;
                case "updateTransforms": transforms = [.. RequestJson.Items(value).Select(ReadTransform)]; break;
                case "currentDocument": precondition = ReadPrecondition(value); break;
                default: throw RequestJson.Unknown(name);
            }
        }

        if (write is null)
            throw RpcException.Invalid("A write must have an operation.");
        if (write.Kind != WriteKind.Update && (mask is not null || transforms.Count > 0))
            throw RpcException.Invalid("Only an update may have a mask or transforms.");
        return write with { Mask = mask ?? write.Mask, Transforms = [.. write.Transforms, .. transforms], Precondition = precondition };
    }

    public static IReadOnlyList<FieldPath> ReadMask(JsonElement element)
    {
        var mask = new List<FieldPath>();
        foreach (var (name, value) in RequestJson.Members(element))
        {
            if (name != "fieldPaths")
                throw RequestJson.Unknown(name);
            mask.AddRange(RequestJson.Items(value).Select(path => FieldPath.Parse(RequestJson.Text(path))));
        }

        return mask;
    }

    /// <summary>A document in a request; its times are ignored, as in production.</summary>
    public static (string? Name, MapValue Fields) ReadDocument(JsonElement element)
    {
        string? documentName = null;
        var fields = MapValue.Empty;
        foreach (var (name, value) in RequestJson.Members(element))
        {
            switch (name)
            {
                case "name": documentName = RequestJson.Text(value); break;
                case "fields": fields = ValueJson.ReadFields(value); break;
                case "createTime" or "updateTime": break;
                default: throw RequestJson.Unknown(name);
            }
        }

        return (documentName, fields);
    }

    public static long ReadUpdateTime(string text) =>
        Timestamps.Parse(text, out var aligned) is { } micros && aligned
            ? micros
            : throw RpcException.Invalid("The update time of a precondition must be an RFC 3339 timestamp aligned to microseconds.");

    private static Precondition ReadPrecondition(JsonElement element)
    {
        var precondition = Precondition.None;
        foreach (var (name, value) in RequestJson.Members(element))
        {
            precondition = name switch
            {
                _ when precondition != Precondition.None => throw RpcException.Invalid("A precondition has one condition."),
                "exists" => new(Exists: RequestJson.Boolean(value)),
                "updateTime" => new(UpdateTime: ReadUpdateTime(RequestJson.Text(value))),
                _ => throw RequestJson.Unknown(name),
            };
        }

        return precondition;
    }

    private static Write ReadUpdate(JsonElement element, DatabaseName database)
    {
        var (name, fields) = ReadDocument(element);
        var path = database.PathOf(name ?? throw RpcException.Invalid("An update must name its document."));
        return new(WriteKind.Update, path) { Fields = fields };
    }

    /// <summary>The old form: transforms only, on a document that an earlier write of the commit usually set.</summary>
    private static Write ReadTransformWrite(JsonElement element, DatabaseName database)
    {
        string? document = null;
        IReadOnlyList<Transform> transforms = [];
        foreach (var (name, value) in RequestJson.Members(element))
        {
            if (name == "document")
                document = RequestJson.Text(value);
            else if (name == "fieldTransforms")
                transforms = [.. RequestJson.Items(value).Select(ReadTransform)];
            else
                throw RequestJson.Unknown(name);
        }

        var path = database.PathOf(document ?? throw RpcException.Invalid("A transform must name its document."));
        return new(WriteKind.Update, path) { Mask = [], Transforms = transforms };
    }

    private static Transform ReadTransform(JsonElement element)
    {
        FieldPath? field = null;
        (TransformKind Kind, Value Operand)? operation = null;
        foreach (var (name, value) in RequestJson.Members(element))
        {
            if (name == "fieldPath")
                field = FieldPath.Parse(RequestJson.Text(value));
            else
                operation = operation is null ? ReadOperation(name, value) : throw RpcException.Invalid("A transform has one operation.");
        }

        return field is not null && operation is not null
            ? new(field, operation.Value.Kind, operation.Value.Operand)
            : throw RpcException.Invalid("A transform needs a field path and an operation.");
    }

    private static (TransformKind Kind, Value Operand) ReadOperation(string name, JsonElement value) => name switch
    {
        "setToServerValue" when RequestJson.Enum(value, ServerValues) == 1 => (TransformKind.RequestTime, NullValue.Instance),
        "setToServerValue" => throw RpcException.Invalid("Unknown server value."),
        "increment" => (TransformKind.Increment, Number(ValueJson.Read(value))),
        "maximum" => (TransformKind.Maximum, Number(ValueJson.Read(value))),
        "minimum" => (TransformKind.Minimum, Number(ValueJson.Read(value))),
        "appendMissingElements" => (TransformKind.AppendMissingElements, Elements(value)),
        "removeAllFromArray" => (TransformKind.RemoveAllFromArray, Elements(value)),
        _ => throw RequestJson.Unknown(name),
    };

    private static ArrayValue Elements(JsonElement value)
    {
        var items = new List<Value>();
        foreach (var (name, values) in RequestJson.Members(value))
            items.AddRange(name == "values" ? RequestJson.Items(values).Select(ValueJson.Read) : throw RequestJson.Unknown(name));
        return new ArrayValue(items);
    }

    private static Value Number(Value value) =>
        value.Rank == ValueRank.Number ? value : throw RpcException.Invalid("The operand of a numeric transform must be a number.");

    private static Write Single(Write? seen, Write write) =>
        seen is null ? write : throw RpcException.Invalid("A write has exactly one operation.");
}
