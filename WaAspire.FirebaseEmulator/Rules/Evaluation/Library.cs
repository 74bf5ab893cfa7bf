using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Evaluation;

/// <summary>
/// The functions and methods that rules may call, by name and number of arguments. A file that calls anything else is
/// refused at load. An argument of the wrong kind is an error of the expression, as it is in production.
/// </summary>
/// <remarks>https://firebase.google.com/docs/reference/rules</remarks>
internal static class Library
{
    private static readonly string[] Lookups = ["get", "exists", "getAfter", "existsAfter"];
    private static readonly Dictionary<(string Name, int Arguments), Func<RuleValue[], RuleValue>> Functions = [];
    private static readonly Dictionary<(Type Receiver, string Name, int Arguments), Func<RuleValue, RuleValue[], RuleValue>> Methods = [];
    private static readonly HashSet<(string Name, int Arguments)> MethodNames = [];
    private static readonly HashSet<string> Namespaces = new(StringComparer.Ordinal);

    static Library()
    {
        Conversions.Register();
        TextMethods.Register();
        CollectionMethods.Register();
        TimeMethods.Register();
        NumberFunctions.Register();
    }

    public static bool IsNamespace(string name) => Namespaces.Contains(name);

    public static bool HasFunction(string name, int arguments) =>
        Functions.ContainsKey((name, arguments)) || (arguments == 1 && IsLookup(name));

    public static bool HasMethod(string name, int arguments) => MethodNames.Contains((name, arguments));

    /// <summary>The functions that read documents; the evaluator itself answers them.</summary>
    public static bool IsLookup(string name) => Lookups.Contains(name);

    public static RuleValue Call(string name, RuleValue[] arguments) => Functions[(name, arguments.Length)](arguments);

    public static RuleValue Call(RuleValue receiver, string name, RuleValue[] arguments) =>
        Methods.TryGetValue((receiver.GetType(), name, arguments.Length), out var method)
            ? method(receiver, arguments)
            : new Failure($"no method {name} with {arguments.Length} arguments on {receiver.Kind}");

    public static void Function(string name, int arguments, Func<RuleValue[], RuleValue?> body)
    {
        Functions.Add((name, arguments), values => body(values) ?? WrongArguments(name, values));
        if (name.Split('.') is [var space, _])
            Namespaces.Add(space);
    }

    /// <param name="body">Gives null when an argument is of the wrong kind.</param>
    public static void Method<T>(string name, int arguments, Func<T, RuleValue[], RuleValue?> body)
        where T : RuleValue
    {
        Methods.Add((typeof(T), name, arguments), (receiver, values) => body((T)receiver, values) ?? WrongArguments(name, values));
        MethodNames.Add((name, arguments));
    }

    private static Failure WrongArguments(string name, RuleValue[] values) =>
        new($"{name} cannot take {string.Join(", ", values.Select(value => value.Kind))}");
}
