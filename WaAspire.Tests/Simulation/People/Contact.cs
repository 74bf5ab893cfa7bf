using WaAspire.Messaging.Inbound;
using WaAspire.Messaging.WhatsApp;
using WaAspire.Tests.Simulation.Fleet;

namespace WaAspire.Tests.Simulation.People;

/// <summary>Whoever is written to writes back now and then, and WhatsApp tells of it as it does of receipts: late, twice, again.</summary>
internal static class Contact
{
    private static readonly TimeSpan _writesFor = TimeSpan.FromSeconds(120);

    public static void Begin(Scene scene, Random chance, string account, string thread, Jid contact)
    {
        for (var i = chance.Next(4); i > 0; i--)
        {
            var letter = new Letter(thread, $"wamid.in.{contact.Value}.{i}");
            scene.Letters.Add(letter);
            scene.World.After(_writesFor * chance.NextDouble(), null, () => scene.Webhooks.Tell(new InboundMessage
            {
                AccountId = account,
                ProviderMessageId = letter.Id,
                Chat = contact,
                At = scene.World.Time,
                Type = "text",
                Body = "hello",
                Raw = "{}",
            }));
        }
    }
}

/// <summary>One message that somebody wrote to us.</summary>
internal sealed record Letter(string ThreadId, string Id);
