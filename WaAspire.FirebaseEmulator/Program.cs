WaAspire.FirebaseEmulator.EmulatorHost.Create(args).Run();
