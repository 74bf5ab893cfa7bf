using WaAspire.Messaging.Firestore;

namespace WaAspire.Tests.Kit;

/// <summary>Where a running product and its stand-ins are reached, however it was started.</summary>
public interface ISystemDoors
{
    HttpClient Proxy { get; }

    HttpClient Worker { get; }

    HttpClient WhatsApp { get; }

    HttpClient Auth { get; }

    /// <summary>The product's own client, as admin.</summary>
    IFirestore Firestore { get; }
}
