namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>
/// What one write does to one document: a pure function of the document before, the write and the commit's times.
/// A write that changes nothing gives back the very document it got, so that its update time stays.
/// </summary>
internal static class WriteApplier
{
    public static (Document? After, WriteResult Result) Apply(DatabaseName database, Document? before, Write write, long commitTime)
    {
        Check(database, before, write);
        if (write.Kind == WriteKind.Delete)
            return (null, new(null, []));
        if (write.Kind == WriteKind.Verify)
            return (before, new(before?.UpdateTime, []));

        var fields = Merge(before, write);
        var results = write.Transforms.Select(transform => Transforms.Apply(fields, transform, commitTime)).ToList();
        var content = new MapValue(fields);
        if (before is not null && ValueOrder.Same(before.Fields, content))
            return (before, new(before.UpdateTime, results));

        var after = new Document(write.Path, content, before?.CreateTime ?? commitTime, commitTime);
        Limits.Check(after);
        return (after, new(commitTime, results));
    }

    private static void Check(DatabaseName database, Document? before, Write write)
    {
        var (exists, updateTime) = write.Precondition;
        if (exists == false && before is not null)
            throw new RpcException(RpcCode.AlreadyExists, $"Document already exists: {database.NameOf(write.Path)}");
        if (exists == true && before is null)
            throw new RpcException(RpcCode.NotFound, $"No document to update: {database.NameOf(write.Path)}");
        if (updateTime is { } required && before?.UpdateTime != required)
        {
            throw new RpcException(
                RpcCode.FailedPrecondition,
                $"the stored version ({before?.UpdateTime ?? 0}) does not match the required base version ({required})");
        }
    }

    private static Dictionary<string, Value> Merge(Document? before, Write write)
    {
        if (write.Mask is not { } mask)
            return write.Fields.Copy();

        var fields = before?.Fields.Copy() ?? new(StringComparer.Ordinal);
        foreach (var path in mask)
            path.Assign(fields, path.In(write.Fields));
        return fields;
    }
}
