using System.Reflection;
using System.Runtime.CompilerServices;
using Aspire.Hosting;

namespace WaAspire.Tests.LocalHosting;

/// <summary>
/// AppHost.cs must compile against Microsoft's packages as it stands, so LocalHosting may offer less than Aspire 13.5 but
/// nothing else. PublicSurface.txt is the part of Aspire's API that we offer, each line checked against Aspire's own.
/// A line is added there only after looking it up.
/// </summary>
public sealed class PublicSurfaceTests
{
    // What the compiler writes into every record, and what every type has.
    private static readonly HashSet<string> s_unspoken =
        ["ToString", "Equals", "GetHashCode", "Deconstruct", "<Clone>$", "PrintMembers", "op_Equality", "op_Inequality", "EqualityContract"];

    [Fact]
    public void nothing_public_is_offered_in_aspires_namespaces_that_is_not_on_the_list()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("PublicSurface.txt")!;
        using var reader = new StreamReader(stream);
        var listed = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#')).ToList();
        var offered = typeof(DistributedApplication).Assembly.GetExportedTypes()
            .Where(t => t.Namespace!.StartsWith("Aspire.", StringComparison.Ordinal)).SelectMany(Lines).Distinct().ToList();

        Assert.Empty(offered.Except(listed)); // offered, but not known to be Aspire's
        Assert.Empty(listed.Except(offered)); // listed, but gone
    }

    [Fact]
    public void own_extras_live_in_our_own_namespace()
    {
        Assert.All(typeof(DistributedApplication).Assembly.GetExportedTypes(), type => Assert.True(
            type.Namespace!.StartsWith("Aspire.Hosting", StringComparison.Ordinal) || type.Namespace.StartsWith("WaAspire.LocalHosting", StringComparison.Ordinal),
            type.FullName));
    }

    private static IEnumerable<string> Lines(Type type)
    {
        yield return $"{type.Namespace}.{Name(type)} : {Kind(type)}";
        if (type.IsEnum)
        {
            foreach (var name in Enum.GetNames(type))
                yield return $"{Name(type)}.{name} = {Convert.ToInt32(Enum.Parse(type, name), System.Globalization.CultureInfo.InvariantCulture)}";
            yield break;
        }

        const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (var member in type.GetMembers(Declared).Where(m => !s_unspoken.Contains(m.Name) && m is not Type))
        {
            if (Describe(member) is { } text)
                yield return $"{Name(type)}.{text}";
        }
    }

    private static string Kind(Type type) => type.IsInterface ? "interface" : type.IsEnum ? "enum" : type.IsValueType ? "struct" : "class";

    private static string? Describe(MemberInfo member) => member switch
    {
        ConstructorInfo constructor when IsCopy(constructor) => null,
        ConstructorInfo constructor => $"ctor({Parameters(constructor)})",
        PropertyInfo property => $"{property.Name} : {Name(property.PropertyType)}{Accessors(property)}",
        FieldInfo field => $"{field.Name} : {Name(field.FieldType)}",
        MethodInfo { IsSpecialName: true } method when !method.Name.StartsWith("op_", StringComparison.Ordinal) => null,
        MethodInfo method => $"{method.Name}{Generics(method)}({Parameters(method)}) : {Name(method.ReturnType)}{Constraints(method)}",
        _ => throw new NotSupportedException($"{member}"),
    };

    private static bool IsCopy(ConstructorInfo constructor) =>
        constructor.GetParameters() is [var only] && only.ParameterType == constructor.DeclaringType;

    private static string Accessors(PropertyInfo property) => property.GetSetMethod() is not { } set ? " { get }"
        : set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " { get; init }" : " { get; set }";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p =>
        $"{(p.IsIn ? "in " : p.IsOut ? "out " : p.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "")}{Name(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? " =" : "")}"));

    private static string Generics(MethodInfo method) => method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";

    private static string Constraints(MethodInfo method) => string.Concat((method.IsGenericMethod ? method.GetGenericArguments() : [])
        .Where(a => a.GetGenericParameterConstraints().Length > 0)
        .Select(a => $" where {a.Name} : {string.Join(", ", a.GetGenericParameterConstraints().Select(Name))}"));

    private static string Name(Type type)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!);
        if (type.IsArray)
            return $"{Name(type.GetElementType()!)}[]";
        var outer = type is { IsNested: true, IsGenericParameter: false } ? $"{Name(type.DeclaringType!)}." : "";
        var arguments = type.IsGenericType ? $"<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : "";
        return outer + type.Name.Split('`')[0] + arguments;
    }
}
