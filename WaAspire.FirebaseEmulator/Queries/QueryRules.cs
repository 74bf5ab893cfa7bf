using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Queries;

/// <summary>Spells out what a query leaves unsaid (implicit orders, OR of ANDs) and refuses what Firestore refuses.</summary>
/// <remarks>https://firebase.google.com/docs/firestore/query-data/queries#query_limitations</remarks>
internal static class QueryRules
{
    private const int MaxDisjunctions = 30;
    private const int MaxNotInValues = 10;
    private const int MaxInequalityFields = 10;
    private const int MaxFiltersAndOrders = 100;

    public static Query Complete(Query query)
    {
        var filters = Leaves(query.Where).ToList();
        filters.ForEach(CheckOperand);
        CheckCombination(query, filters);
        var orders = WithImplicit(query.Orders, filters);
        foreach (var cursor in new[] { query.StartAt, query.EndAt })
        {
            if (cursor?.Values.Count > orders.Count)
                throw RpcException.Invalid("A cursor has more values than the query has orders.");
        }

        var conjunctions = query.Where is null ? [[]] : Normalise(query.Where);
        if (conjunctions.Any(conjunction => conjunction.Count(filter => filter.IsContains) > 1))
            throw RpcException.Invalid("At most one array-contains filter is allowed for each disjunction.");
        return query with { Orders = orders, Conjunctions = conjunctions };
    }

    private static IEnumerable<FieldFilter> Leaves(Filter? filter) => filter switch
    {
        FieldFilter leaf => [leaf],
        CompositeFilter composite => composite.Filters.SelectMany(Leaves),
        _ => [],
    };

    private static void CheckOperand(FieldFilter filter)
    {
        var list = filter.Operator is FieldOperator.In or FieldOperator.NotIn or FieldOperator.ArrayContainsAny;
        var operands = !list ? [filter.Operand] : filter.Operand is ArrayValue { Items.Count: > 0 } array
            ? array.Items
            : throw RpcException.Invalid($"'{filter.Operator}' requires a non-empty array.");
        if (filter.Operator == FieldOperator.NotIn && operands.Count > MaxNotInValues)
            throw RpcException.Invalid($"'NOT_IN' supports up to {MaxNotInValues} comparison values.");
        if (filter.Field.IsDocumentName && filter.Operator < FieldOperator.IsNan && operands.Any(operand => operand is not ReferenceValue))
            throw RpcException.Invalid("__key__ filter value must be a document reference.");
    }

    private static void CheckCombination(Query query, List<FieldFilter> filters)
    {
        if (filters.Count + query.Orders.Count > MaxFiltersAndOrders)
            throw RpcException.Invalid($"A query may have at most {MaxFiltersAndOrders} filters and orders.");
        if (query.Orders.GroupBy(order => order.Field).Any(group => group.Count() > 1))
            throw RpcException.Invalid("A field may be ordered by only once.");
        if (InequalityFields(filters).Count() > MaxInequalityFields)
            throw RpcException.Invalid($"A query may have inequalities on at most {MaxInequalityFields} fields.");
        if (filters.Count(filter => IsNegative(filter.Operator)) > 1)
            throw RpcException.Invalid("A query may have only one '!=' or NOT_IN filter.");
        var disjunctive = filters.Exists(filter => filter.Operator is FieldOperator.In or FieldOperator.ArrayContainsAny) || HasOr(query.Where);
        if (disjunctive && filters.Exists(filter => filter.Operator == FieldOperator.NotIn))
            throw RpcException.Invalid("NOT_IN cannot be combined with OR, IN or ARRAY_CONTAINS_ANY.");
    }

    private static bool IsNegative(FieldOperator operation) =>
        operation is FieldOperator.NotEqual or FieldOperator.NotIn or FieldOperator.IsNotNan or FieldOperator.IsNotNull;

    private static bool HasOr(Filter? filter) =>
        filter is CompositeFilter composite && ((composite.Any && composite.Filters.Count > 1) || composite.Filters.Any(HasOr));

    private static IEnumerable<FieldPath> InequalityFields(IEnumerable<FieldFilter> filters) =>
        filters.Where(filter => filter.IsInequality).Select(filter => filter.Field).Distinct();

    private static List<Order> WithImplicit(IReadOnlyList<Order> given, IEnumerable<FieldFilter> filters)
    {
        var descending = given.Count > 0 && given[^1].Descending;
        var orders = given.ToList();
        orders.AddRange(InequalityFields(filters)
            .Where(field => !field.IsDocumentName && given.All(order => order.Field != field))
            .OrderBy(field => field.Text, StringComparer.Ordinal)
            .Select(field => new Order(field, descending)));
        if (given.All(order => !order.Field.IsDocumentName))
            orders.Add(new(FieldPath.DocumentName, descending));
        return orders;
    }

    private static IReadOnlyList<IReadOnlyList<FieldFilter>> Normalise(Filter filter) => filter switch
    {
        FieldFilter { Operator: FieldOperator.In } leaf => Spread(leaf, FieldOperator.Equal),
        FieldFilter { Operator: FieldOperator.ArrayContainsAny } leaf => Spread(leaf, FieldOperator.ArrayContains),
        FieldFilter leaf => [[leaf]],
        CompositeFilter { Any: true } any => Bounded(any.Filters.SelectMany(Normalise)),
        CompositeFilter all => all.Filters.Select(Normalise).Aggregate((left, right) =>
            Bounded(from one in left from other in right select (IReadOnlyList<FieldFilter>)[.. one, .. other])),
        _ => throw new InvalidOperationException("Unknown filter."),
    };

    private static List<IReadOnlyList<FieldFilter>> Spread(FieldFilter filter, FieldOperator single)
    {
        var items = ((ArrayValue)filter.Operand).Items;
        return Bounded(items.Select(IReadOnlyList<FieldFilter> (item) => [filter with { Operator = single, Operand = item }]));
    }

    private static List<IReadOnlyList<FieldFilter>> Bounded(IEnumerable<IReadOnlyList<FieldFilter>> conjunctions)
    {
        var list = conjunctions.Take(MaxDisjunctions + 1).ToList();
        return list.Count <= MaxDisjunctions
            ? list
            : throw RpcException.Invalid($"The query has more than {MaxDisjunctions} disjunctions in its disjunctive normal form.");
    }
}
