using WaAspire.FirebaseEmulator.Rules.Values;

namespace WaAspire.FirebaseEmulator.Rules.Evaluation;

/// <summary>Methods of lists, sets, maps and the difference of two maps.</summary>
internal static class CollectionMethods
{
    public static void Register()
    {
        RegisterLists();
        RegisterSets();
        RegisterMaps();
        RegisterDiffs();
    }

    public static IReadOnlyList<RuleValue>? ItemsOf(RuleValue value) => value switch
    {
        RuleList list => list.Items,
        RuleSet set => set.Items,
        _ => null,
    };

    private static void RegisterLists()
    {
        Library.Method<RuleList>("size", 0, (list, _) => new RuleInt(list.Items.Count));
        Library.Method<RuleList>("toSet", 0, (list, _) => RuleEquality.SetOf(list.Items));
        Library.Method<RuleList>("concat", 1, (list, values) => values[0] is RuleList other ? new RuleList([.. list.Items, .. other.Items]) : null);
        Library.Method<RuleList>("removeAll", 1, (list, values) =>
            values[0] is RuleList other ? new RuleList([.. list.Items.Where(item => !RuleEquality.Contains(other.Items, item))]) : null);
        Library.Method<RuleList>("join", 1, (list, values) => values[0] is RuleString by ? Join(list, by.Content) : null);
        RegisterHas<RuleList>(list => list.Items);
    }

    private static void RegisterSets()
    {
        Library.Method<RuleSet>("size", 0, (set, _) => new RuleInt(set.Items.Count));
        Library.Method<RuleSet>("difference", 1, (set, values) =>
            values[0] is RuleSet other ? new RuleSet([.. set.Items.Where(item => !RuleEquality.Contains(other.Items, item))]) : null);
        Library.Method<RuleSet>("intersection", 1, (set, values) =>
            values[0] is RuleSet other ? new RuleSet([.. set.Items.Where(item => RuleEquality.Contains(other.Items, item))]) : null);
        Library.Method<RuleSet>("union", 1, (set, values) =>
            values[0] is RuleSet other ? RuleEquality.SetOf(set.Items.Concat(other.Items)) : null);
        RegisterHas<RuleSet>(set => set.Items);
    }

    private static void RegisterHas<T>(Func<T, IReadOnlyList<RuleValue>> items)
        where T : RuleValue
    {
        Library.Method<T>("hasAll", 1, (mine, values) =>
            ItemsOf(values[0]) is { } theirs ? RuleBool.Of(theirs.All(item => RuleEquality.Contains(items(mine), item))) : null);
        Library.Method<T>("hasAny", 1, (mine, values) =>
            ItemsOf(values[0]) is { } theirs ? RuleBool.Of(theirs.Any(item => RuleEquality.Contains(items(mine), item))) : null);
        Library.Method<T>("hasOnly", 1, (mine, values) =>
            ItemsOf(values[0]) is { } theirs ? RuleBool.Of(items(mine).All(item => RuleEquality.Contains(theirs, item))) : null);
    }

    private static void RegisterMaps()
    {
        Library.Method<RuleMap>("size", 0, (map, _) => new RuleInt(map.Fields.Count));
        Library.Method<RuleMap>("keys", 0, (map, _) => new RuleList([.. map.Fields.Keys.Select(key => new RuleString(key))]));
        Library.Method<RuleMap>("values", 0, (map, _) => new RuleList([.. map.Fields.Values]));
        Library.Method<RuleMap>("diff", 1, (map, values) => values[0] is RuleMap other ? new RuleMapDiff(map, other) : null);
        Library.Method<RuleMap>("get", 2, (map, values) => values[0] switch
        {
            RuleString key => map.Fields.GetValueOrDefault(key.Content, values[1]),
            RuleList { Items.Count: > 0 } path when path.Items.All(key => key is RuleString) => Deep(map, path.Items) ?? values[1],
            _ => null,
        });
    }

    private static void RegisterDiffs()
    {
        Diff("addedKeys", (added, _, _, _) => added);
        Diff("removedKeys", (_, removed, _, _) => removed);
        Diff("changedKeys", (_, _, changed, _) => changed);
        Diff("unchangedKeys", (_, _, _, same) => same);
        Diff("affectedKeys", (added, removed, changed, _) => added.Concat(removed).Concat(changed));
    }

    private delegate IEnumerable<string> Part(
        IEnumerable<string> added, IEnumerable<string> removed, IEnumerable<string> changed, IEnumerable<string> unchanged);

    private static void Diff(string name, Part part) => Library.Method<RuleMapDiff>(name, 0, (diff, _) =>
    {
        var (now, before) = (diff.Left.Fields, diff.Right.Fields);
        var both = now.Where(field => before.ContainsKey(field.Key)).ToLookup(field => RuleEquality.Unchanged(before[field.Key], field.Value), field => field.Key);
        var keys = part(now.Keys.Where(key => !before.ContainsKey(key)), before.Keys.Where(key => !now.ContainsKey(key)), both[false], both[true]);
        return new RuleSet([.. keys.Select(key => new RuleString(key))]);
    });

    private static RuleValue? Deep(RuleMap map, IReadOnlyList<RuleValue> path)
    {
        RuleValue current = map;
        foreach (var key in path)
        {
            if (current is not RuleMap inner || !inner.Fields.TryGetValue(((RuleString)key).Content, out var next))
                return null;
            current = next;
        }

        return current;
    }

    private static RuleString? Join(RuleList list, string by)
    {
        var parts = list.Items.Select(item => Conversions.Text(item) as RuleString).ToList();
        return parts.TrueForAll(part => part is not null) ? new(string.Join(by, parts.Select(part => part!.Content))) : null;
    }
}
