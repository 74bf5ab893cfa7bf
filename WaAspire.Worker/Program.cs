await WaAspire.Worker.WorkerHost.Create(args).RunAsync();
