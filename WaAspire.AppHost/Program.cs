Console.WriteLine("WaAspire");
