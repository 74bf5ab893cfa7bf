using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace WaAspire.Messaging.Firestore;

/// <summary>What no attribute can say: options that must fit each other, and a key that must be readable before the first call.</summary>
internal sealed class FirestoreOptionsValidator(IConfiguration configuration) : IValidateOptions<FirestoreOptions>
{
    public ValidateOptionsResult Validate(string? name, FirestoreOptions options)
    {
        var errors = new List<string>();
        if (options.RetryBase > options.RetryCap)
            errors.Add("Firestore:RetryBase is longer than Firestore:RetryCap.");
        if (options.ConnectTimeout > options.CommitTimeout || options.ConnectTimeout > options.ReadTimeout)
            errors.Add("Firestore:ConnectTimeout is longer than the time for a whole call.");
        if (options.EmulatorHost is not null && !Uri.TryCreate($"http://{options.EmulatorHost}", UriKind.Absolute, out _))
            errors.Add("FIRESTORE_EMULATOR_HOST is not host:port.");
        if (options.EmulatorHost is null)
            AddKeyError(errors);
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private void AddKeyError(List<string> errors)
    {
        try
        {
            _ = ServiceAccountKey.Find(configuration);
        }
        catch (FormatException exception)
        {
            errors.Add(exception.Message);
        }
    }
}
