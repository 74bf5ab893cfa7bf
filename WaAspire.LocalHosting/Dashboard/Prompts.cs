using System.Threading.Channels;
using Aspire.Hosting;

namespace WaAspire.LocalHosting.Dashboard;

/// <summary>
/// What a command asks before it runs. Enters: the command's inputs. Leaves: what a person filled in, or null when they closed
/// the dialog. Every dashboard that watches shows the dialog; the first answer counts and closes it everywhere.
/// </summary>
internal sealed class Prompts(TimeProvider time)
{
    // Fields of aspire.v1.WatchInteractionsRequestUpdate and WatchInteractionsResponseUpdate.
    private const int Id = 1;
    private const int AnswerComplete = 2;
    private const int AnswerInputs = 4;
    private const int AnswerIsPartial = 6;
    private const int Complete = 16;
    private const int InputsDialog = 18;

    /// <summary>Who has gone for good must not leave a dialog to everybody who comes.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<int, Prompt> _open = [];
    private readonly HashSet<ChannelWriter<ProtoWriter>> _watchers = [];
    private int _lastId;

    public async Task<Dictionary<string, string?>?> AskAsync(string title, IReadOnlyList<InteractionInput> inputs, CancellationToken cancellationToken)
    {
        var prompt = new Prompt(inputs);
        int id;
        lock (_gate)
        {
            id = ++_lastId;
            prompt.Dialog = new ProtoWriter().Integer(Id, id).Text(2, title).Text(3, "").Text(4, title).Text(5, "Cancel").Flag(6, true).Flag(7, true)
                .Message(InputsDialog, new ProtoWriter().Messages(1, inputs, CommandMessages.Input));
            _open[id] = prompt;
            Tell(prompt.Dialog);
        }

        try
        {
            return await prompt.Answer.Task.WaitAsync(s_patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            lock (_gate)
            {
                _open.Remove(id);
                Tell(new ProtoWriter().Integer(Id, id).Message(Complete, new ProtoWriter()));
            }
        }
    }

    public void Follow(ChannelWriter<ProtoWriter> watcher)
    {
        lock (_gate)
        {
            foreach (var prompt in _open.Values)
                watcher.TryWrite(prompt.Dialog);
            _watchers.Add(watcher);
        }
    }

    public void Unfollow(ChannelWriter<ProtoWriter> watcher)
    {
        lock (_gate)
            _watchers.Remove(watcher);
    }

    public void Take(ReadOnlyMemory<byte> update)
    {
        var fields = ProtoReader.Fields(update);
        lock (_gate)
        {
            // While somebody types, the dialog reports each change; only the end counts.
            if (fields.Any(f => f is { Number: AnswerIsPartial, Value: 1 }) || !_open.TryGetValue((int)fields.FirstOrDefault(f => f.Number == Id).Value, out var prompt))
                return;
            if (fields.Any(f => f.Number == AnswerComplete))
                prompt.Answer.TrySetResult(null);
            else if (fields.LastOrDefault(f => f.Number == AnswerInputs) is { Number: AnswerInputs } dialog)
                prompt.Answer.TrySetResult(Values(prompt.Inputs, ProtoReader.Fields(dialog.Bytes)));
        }
    }

    private static Dictionary<string, string?> Values(IReadOnlyList<InteractionInput> inputs, IReadOnlyList<ProtoField> dialog) => dialog
        .Where(f => f.Number == 1).Zip(inputs, (item, input) => (input.Name, Value: ProtoReader.Fields(item.Bytes).TextOf(6)))
        .ToDictionary(pair => pair.Name, pair => (string?)pair.Value);

    private void Tell(ProtoWriter update)
    {
        foreach (var watcher in _watchers)
            watcher.TryWrite(update);
    }

    private sealed class Prompt(IReadOnlyList<InteractionInput> inputs)
    {
        public IReadOnlyList<InteractionInput> Inputs { get; } = inputs;

        public ProtoWriter Dialog { get; set; } = new();

        public TaskCompletionSource<Dictionary<string, string?>?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
