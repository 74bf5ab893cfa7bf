using WaAspire.FirebaseEmulator;

try
{
    EmulatorHost.Create(args).Run();
    return 0;
}
catch (StartException refused)
{
    // A wrong option or a malformed file is the caller's to mend: a sentence helps, a stack trace does not.
    Console.Error.WriteLine(refused.Message);
    return 1;
}
