using WaAspire.WhatsAppSimulator;

await SimulatorHost.Create(args).RunAsync();
