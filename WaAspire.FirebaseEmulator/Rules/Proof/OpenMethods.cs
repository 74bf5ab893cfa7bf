using WaAspire.FirebaseEmulator.Rules.Evaluation;
using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Proof;

/// <summary>The few methods that tell something of a value although a query leaves it open.</summary>
internal static class OpenMethods
{
    public static RuleValue Call(RuleValue target, string method, RuleValue[] arguments) => (target, method, arguments) switch
    {
        (RuleObject document, "get", [RuleString key, _]) when document.Has(key.Content) == true => document.Member(key.Content),
        (RuleObject, "get", [RuleString, _]) => Unknown.Content,
        (RuleObject, "keys" or "values" or "size", []) => Unknown.Content,
        (Unknown { MayFail: false, Bounds.Contained: { } contained }, "hasAny", [var wanted])
            when CollectionMethods.ItemsOf(wanted)?.Any(item => RuleEquality.Contains(contained, item)) == true => RuleBool.True,
        (Unknown { MayFail: false, Bounds.Contained: { } contained }, "hasAll", [var wanted])
            when CollectionMethods.ItemsOf(wanted)?.All(item => RuleEquality.Contains(contained, item)) == true => RuleBool.True,
        (Unknown { MayFail: false, Bounds.Contained: not null } list, "toSet", []) => list with { Bounds = new(Contained: list.Bounds!.Contained) },
        _ => Unknown.OrError,
    };
}
