using WaAspire.FirebaseEmulator.Auth;
using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Persistence;

/// <summary>Where changes go to outlive the process.</summary>
internal interface IJournal
{
    /// <summary>Takes a change in; cheap, because the caller holds the lock that puts changes in order.</summary>
    void Append(JournalEntry entry);

    /// <summary>Ends when everything that was appended before this call is stored.</summary>
    Task StoredAsync();
}

/// <summary>Keeps nothing: without a data directory a restart begins anew.</summary>
internal sealed class NoJournal : IJournal
{
    public void Append(JournalEntry entry)
    {
    }

    public Task StoredAsync() => Task.CompletedTask;
}

/// <summary>One change; stored whole or not at all.</summary>
internal abstract record JournalEntry;

internal sealed record Committed(string Project, long CommitTime, IReadOnlyList<DocumentChange> Changes) : JournalEntry;

internal sealed record DocumentsCleared(string Project) : JournalEntry;

internal sealed record UserStored(string Project, AuthUser User) : JournalEntry;

internal sealed record UserDeleted(string Project, string LocalId) : JournalEntry;

internal sealed record UsersCleared(string Project) : JournalEntry;

/// <summary>A thing that is kept under one name and replaced as a whole, such as the signing keys.</summary>
internal sealed record SettingStored(string Name, byte[] Content) : JournalEntry;

/// <param name="After">Null when the document was deleted.</param>
internal sealed record DocumentChange(DocumentPath Path, Document? After);
