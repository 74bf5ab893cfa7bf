using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace WaAspire.Messaging.Accounts;

public static class AccountExtensions
{
    /// <summary>Pauses and resumes of accounts, for whoever learns that one may not send.</summary>
    public static IHostApplicationBuilder AddAccountPauses(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<AccountPauseOptions>().BindConfiguration(AccountPauseOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.TryAddSingleton<AccountMetrics>();
        builder.Services.TryAddSingleton<RepeatedErrors>();
        builder.Services.TryAddSingleton<AccountSignal>();
        builder.Services.TryAddSingleton<AccountPauses>();
        return builder;
    }
}
