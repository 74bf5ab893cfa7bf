await WaAspire.Proxy.ProxyHost.Create(args).RunAsync();
