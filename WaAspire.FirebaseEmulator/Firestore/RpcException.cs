namespace WaAspire.FirebaseEmulator.Firestore;

/// <summary>google.rpc.Code with its wire numbers.</summary>
internal enum RpcCode
{
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

/// <summary>
/// A refused call. It is thrown from deep inside parsers and appliers and becomes the error body in exactly one place,
/// which keeps every rule of Firestore one line long.
/// </summary>
internal sealed class RpcException(RpcCode code, string message) : Exception(message)
{
    public RpcCode Code { get; } = code;

    public static RpcException Invalid(string message) => new(RpcCode.InvalidArgument, message);
}

/// <summary>Names and HTTP codes of <see cref="RpcCode"/> as Google's front ends give them.</summary>
/// <remarks>https://cloud.google.com/apis/design/errors#handling_errors</remarks>
internal static class RpcCodes
{
    private static readonly Dictionary<RpcCode, (int Http, string Name)> Known = new()
    {
        [RpcCode.Ok] = (200, "OK"),
        [RpcCode.Cancelled] = (499, "CANCELLED"),
        [RpcCode.Unknown] = (500, "UNKNOWN"),
        [RpcCode.InvalidArgument] = (400, "INVALID_ARGUMENT"),
        [RpcCode.DeadlineExceeded] = (504, "DEADLINE_EXCEEDED"),
        [RpcCode.NotFound] = (404, "NOT_FOUND"),
        [RpcCode.AlreadyExists] = (409, "ALREADY_EXISTS"),
        [RpcCode.PermissionDenied] = (403, "PERMISSION_DENIED"),
        [RpcCode.ResourceExhausted] = (429, "RESOURCE_EXHAUSTED"),
        [RpcCode.FailedPrecondition] = (400, "FAILED_PRECONDITION"),
        [RpcCode.Aborted] = (409, "ABORTED"),
        [RpcCode.OutOfRange] = (400, "OUT_OF_RANGE"),
        [RpcCode.Unimplemented] = (501, "UNIMPLEMENTED"),
        [RpcCode.Internal] = (500, "INTERNAL"),
        [RpcCode.Unavailable] = (503, "UNAVAILABLE"),
        [RpcCode.DataLoss] = (500, "DATA_LOSS"),
        [RpcCode.Unauthenticated] = (401, "UNAUTHENTICATED"),
    };

    public static int Http(this RpcCode code) => Known[code].Http;

    public static string Name(this RpcCode code) => Known[code].Name;

    public static RpcCode? Find(string name) =>
        Known.Where(code => code.Value.Name == name).Select(code => (RpcCode?)code.Key).FirstOrDefault();
}
