using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using WaAspire.Tests.Kit;

namespace WaAspire.Tests.Structure;

/// <summary>The rules of the house that a compiler does not hold, read from the sources themselves.</summary>
public sealed partial class HouseRulesTests
{
    private static readonly string _root = Artifacts.Root;

    /// <summary>Hosts lean on Messaging; Messaging leans on nothing of ours; the stand-ins know nobody.</summary>
    [Theory]
    [InlineData("WaAspire.Messaging")]
    [InlineData("WaAspire.ServiceDefaults")]
    [InlineData("WaAspire.LocalHosting")]
    [InlineData("WaAspire.FirebaseEmulator")]
    [InlineData("WaAspire.WhatsAppSimulator")]
    [InlineData("WaAspire.Proxy", "WaAspire.Messaging", "WaAspire.ServiceDefaults")]
    [InlineData("WaAspire.Worker", "WaAspire.Messaging", "WaAspire.ServiceDefaults")]
    public void a_project_leans_only_on_what_lies_below_it(string project, params string[] allowed)
    {
        var references = XDocument.Load(Path.Combine(_root, project, project + ".csproj"))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));

        Assert.Equal(allowed, references.Order());
    }

    [Fact]
    public void the_shared_code_leaves_the_context_and_the_pool_to_whoever_runs_it() =>
        AssertNowhere(["WaAspire.Messaging", "WaAspire.Worker"], LeavesTheContext(), _ => true);

    [Fact]
    public void only_the_state_machine_writes_a_status() =>
        AssertNowhere(["WaAspire.Messaging", "WaAspire.Worker", "WaAspire.Proxy"], WritesStatus(), file => file is not ("OutboxTransitions.cs" or "OutboxTransitions.Operator.cs" or "OutboxTransitions.Adoption.cs" or "OutboxTransitions.Assertions.cs" or "EnqueueWrites.cs"));

    [Fact]
    public void only_the_claims_claim() =>
        AssertNowhere(["WaAspire.Messaging", "WaAspire.Worker", "WaAspire.Proxy"], Claims(), file => file is not "Claims.cs");

    [Fact]
    public void only_a_provider_speaks_to_whatsapp()
    {
        AssertNowhere(["WaAspire.Worker"], HttpClients(), file => file is not ("CloudApiProvider.cs" or "CloudApiMedia.cs" or "MessageHistory.cs" or "NumberCheck.cs" or "AlarmWebhook.cs" or "GraphClient.cs" or "GatewayClient.cs" or "LinkedFiles.cs"));
        AssertNowhere(["WaAspire.Messaging", "WaAspire.Proxy"], GraphAddresses(), _ => true);
    }

    /// <summary>Clients of the factory ask again what is safe to ask again; who sends has none of it in its chain.</summary>
    [Fact]
    public void nothing_in_the_worker_repeats_a_request_by_itself() =>
        AssertNowhere(["WaAspire.Worker"], Repeats(), _ => true);

    [Fact]
    public void only_the_firestore_folder_knows_the_wire_form() =>
        AssertNowhere(
            ["WaAspire.Messaging", "WaAspire.Worker", "WaAspire.Proxy"],
            WireForm(),
            file => !File.Exists(Path.Combine(_root, "WaAspire.Messaging", "Firestore", file)));

    /// <summary>Deliberate bugs are planted by <c>spec/mutations.sh</c> alone: what is built without it has none, and each has its row of proof.</summary>
    [Fact]
    public void no_build_has_a_deliberate_bug_and_each_that_could_be_planted_is_found_by_the_simulation()
    {
        foreach (var assembly in new[] { typeof(Messaging.Leasing.Lane).Assembly, typeof(WaAspire.Worker.WorkerHost).Assembly, typeof(WaAspire.Proxy.ProxyHost).Assembly })
        {
            Assert.DoesNotContain(assembly.GetCustomAttributes<AssemblyMetadataAttribute>(), metadata => metadata.Key == "Mutation");
        }

        var planted = new[] { "WaAspire.Messaging", "WaAspire.Worker" }
            .SelectMany(project => Directory.EnumerateFiles(Path.Combine(_root, project), "*.cs", SearchOption.AllDirectories))
            .SelectMany(file => Mutations().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))
            .Distinct().Order();
        var found = File.ReadLines(Path.Combine(_root, "docs", "mutations.txt")).Where(line => line.Contains(" seed ", StringComparison.Ordinal)).Select(line => line.Split(' ')[0]);
        Assert.Equal(planted, found.Order());
    }

    private static void AssertNowhere(string[] projects, Regex pattern, Func<string, bool> isBound)
    {
        var found = from project in projects
                    from file in Directory.EnumerateFiles(Path.Combine(_root, project), "*.cs", SearchOption.AllDirectories)
                    where !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && isBound(Path.GetFileName(file))
                    from line in File.ReadLines(file).Select((text, index) => (text, number: index + 1))
                    where pattern.IsMatch(line.text) && !line.text.TrimStart().StartsWith("//", StringComparison.Ordinal)
                    select $"{Path.GetRelativePath(_root, file)}:{line.number}: {line.text.Trim()}";
        Assert.Empty(found);
    }

    [GeneratedRegex(@"ConfigureAwait\(false\)|\bTask\.Run\(|\bTask\.Factory\b|\bThread\.Sleep\b")]
    private static partial Regex LeavesTheContext();

    [GeneratedRegex(@"\bMUTATION_(\w+)")]
    private static partial Regex Mutations();

    [GeneratedRegex(@"\[OutboxFields\.Status\]\s*=")]
    private static partial Regex WritesStatus();

    [GeneratedRegex(@"OutboxTransitions\.Claim\(")]
    private static partial Regex Claims();

    [GeneratedRegex(@"\bHttpClient\b|\bSocketsHttpHandler\b")]
    private static partial Regex HttpClients();

    [GeneratedRegex(@"\bIHttpClientFactory\b|\bAddHttpClient\b|\bDelegatingHandler\b|\bIdempotentRetries\b")]
    private static partial Regex Repeats();

    [GeneratedRegex(@"graph\.facebook|WHATSAPP_GRAPH")]
    private static partial Regex GraphAddresses();

    [GeneratedRegex(@"stringValue|integerValue|timestampValue|documents:commit|structuredQuery")]
    private static partial Regex WireForm();
}
