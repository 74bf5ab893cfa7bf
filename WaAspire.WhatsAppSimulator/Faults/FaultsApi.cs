namespace WaAspire.WhatsAppSimulator.Faults;

/// <summary>
/// The switches: <c>PUT</c> replaces them all, <c>GET</c> shows what is left of each, <c>DELETE</c> turns
/// everything off.
/// </summary>
internal static class FaultsApi
{
    public static WebApplicationBuilder AddFaults(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<FaultPlan>().AddSingleton<FaultyEndpoint>();
        return builder;
    }

    public static void MapFaults(this IEndpointRouteBuilder routes)
    {
        var faults = routes.MapGroup("/simulator/faults");
        faults.MapGet("", Get);
        faults.MapPut("", Put);
        faults.MapDelete("", Delete);
    }

    internal static IResult Get(FaultPlan plan)
    {
        var (settings, requests, webhooks) = plan.Show();
        return TypedResults.Ok(new { latency = settings.Latency, seed = settings.Seed, batch = settings.Batch, batched = plan.Batched, faults = requests, webhooks });
    }

    internal static IResult Put(FaultSettings settings, FaultPlan plan)
    {
        var problems = FaultValidation.Problems(settings);
        if (problems.Count > 0) return TypedResults.BadRequest(new { problems });
        plan.Set(settings);
        return Get(plan);
    }

    internal static IResult Delete(FaultPlan plan)
    {
        plan.Set(new FaultSettings());
        return TypedResults.NoContent();
    }
}
