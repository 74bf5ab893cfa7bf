using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Evaluation;

/// <summary>
/// The functions and methods that rules may call, by name and number of arguments. A file that calls anything else is
/// refused at load. An argument of the wrong kind is an error of the expression, as it is in production.
/// </summary>
/// <remarks>https://firebase.google.com/docs/reference/rules</remarks>
internal static class Library
{
    private static readonly string[] _lookups = ["get", "exists", "getAfter", "existsAfter"];
    private static readonly Dictionary<(string Name, int Arguments), Func<RuleValue[], RuleValue>> _functions = [];
    private static readonly Dictionary<(Type Receiver, string Name, int Arguments), Func<RuleValue, RuleValue[], RuleValue>> _methods = [];
    private static readonly HashSet<(string Name, int Arguments)> _methodNames = [];
    private static readonly HashSet<string> _namespaces = new(StringComparer.Ordinal);

    static Library()
    {
        Conversions.Register();
        TextMethods.Register();
        CollectionMethods.Register();
        TimeMethods.Register();
        NumberFunctions.Register();
    }

    public static bool IsNamespace(string name) => _namespaces.Contains(name);

    public static bool HasFunction(string name, int arguments) =>
        _functions.ContainsKey((name, arguments)) || (arguments == 1 && IsLookup(name));

    public static bool HasMethod(string name, int arguments) => _methodNames.Contains((name, arguments));

    /// <summary>The functions that read documents; the evaluator itself answers them.</summary>
    public static bool IsLookup(string name) => _lookups.Contains(name);

    public static RuleValue Call(string name, RuleValue[] arguments) => _functions[(name, arguments.Length)](arguments);

    public static RuleValue Call(RuleValue receiver, string name, RuleValue[] arguments) =>
        _methods.TryGetValue((receiver.GetType(), name, arguments.Length), out var method)
            ? method(receiver, arguments)
            : new Failure($"no method {name} with {arguments.Length} arguments on {receiver.Kind}");

    public static void Function(string name, int arguments, Func<RuleValue[], RuleValue?> body)
    {
        _functions.Add((name, arguments), values => body(values) ?? WrongArguments(name, values));
        if (name.Split('.') is [var space, _])
            _namespaces.Add(space);
    }

    /// <param name="body">Gives null when an argument is of the wrong kind.</param>
    public static void Method<T>(string name, int arguments, Func<T, RuleValue[], RuleValue?> body)
        where T : RuleValue
    {
        _methods.Add((typeof(T), name, arguments), (receiver, values) => body((T)receiver, values) ?? WrongArguments(name, values));
        _methodNames.Add((name, arguments));
    }

    private static Failure WrongArguments(string name, RuleValue[] values) =>
        new($"{name} cannot take {string.Join(", ", values.Select(value => value.Kind))}");
}
