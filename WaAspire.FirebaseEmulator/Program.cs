using WaAspire.FirebaseEmulator;
using WaAspire.FirebaseEmulator.Rules.Language;

try
{
    EmulatorHost.Create(args).Run();
    return 0;
}
catch (Exception refused) when (refused is StartException or RulesException)
{
    // A wrong option or a malformed file is the caller's to mend: a sentence helps, a stack trace does not.
    Console.Error.WriteLine(refused.Message);
    return 1;
}
