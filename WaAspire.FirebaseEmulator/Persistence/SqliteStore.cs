using System.Buffers;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using WaAspire.FirebaseEmulator.Auth;
using WaAspire.FirebaseEmulator.Firestore;

namespace WaAspire.FirebaseEmulator.Persistence;

/// <summary>The data directory: one SQLite file with a row for each document and user. One thread at a time.</summary>
internal sealed class SqliteStore : IDisposable
{
    private const string FileName = "emulator.db";
    private const int Busy = 5;

    // One by one: a command that holds several swallows the errors of those behind a PRAGMA.
    private static readonly string[] _schema =
    [
        "PRAGMA locking_mode = EXCLUSIVE",
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        // Kilobytes, and pages of the log before it is folded in: both keep a busy writer from reading and syncing twice.
        "PRAGMA cache_size = -65536",
        "PRAGMA wal_autocheckpoint = 10000",
        "BEGIN IMMEDIATE",
        "CREATE TABLE IF NOT EXISTS documents (project TEXT, collection TEXT, id TEXT, createTime INTEGER, updateTime INTEGER, fields BLOB, PRIMARY KEY (project, collection, id)) WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS clocks (project TEXT PRIMARY KEY, lastCommit INTEGER)",
        "CREATE TABLE IF NOT EXISTS users (project TEXT, localId TEXT, content BLOB, PRIMARY KEY (project, localId))",
        "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, content BLOB)",
        "COMMIT",
    ];

    private readonly SqliteConnection _connection;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Dictionary<string, SqliteCommand> _commands = [];

    private SqliteStore(SqliteConnection connection) => _connection = connection;

    /// <exception cref="StartException">Another process has it, or it cannot be written.</exception>
    public static SqliteStore Open(string directory)
    {
        var file = Path.Combine(Directory.CreateDirectory(directory).FullName, FileName);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, DefaultTimeout = 1 }.ToString());
        try
        {
            connection.Open();
            var store = new SqliteStore(connection);
            foreach (var statement in _schema)
                store.Run(statement);
            return store;
        }
        catch (SqliteException failed)
        {
            connection.Dispose();
            throw new StartException(failed.SqliteErrorCode == Busy
                ? $"{file} is in use by another emulator."
                : $"{file} cannot be used: {failed.Message}");
        }
    }

    public StoredState Load()
    {
        var settings = Rows("SELECT name, content FROM settings", row => (Name: row.GetString(0), Content: Blob(row, 1)))
            .ToDictionary(setting => setting.Name, setting => setting.Content);
        if (new StoredState(new Dictionary<string, StoredDatabase>(), [], settings).IsNew)
        {
            // A first start that died half-way has promised nothing to anybody yet.
            foreach (var table in new[] { "documents", "clocks", "users", "settings" })
                Run($"DELETE FROM {table}");
            return StoredState.Empty;
        }

        var clocks = Rows("SELECT project, lastCommit FROM clocks", row => (Project: row.GetString(0), LastCommit: row.GetInt64(1))).ToList();
        return new(
            clocks.ToDictionary(clock => clock.Project, clock => new StoredDatabase(DocumentsOf(clock.Project), clock.LastCommit)),
            [.. Rows("SELECT project, content FROM users", row => (row.GetString(0), JsonSerializer.Deserialize<AuthUser>(Blob(row, 1))!))],
            settings);
    }

    /// <summary>All of it in one transaction, synced to the disk.</summary>
    public void Apply(IReadOnlyList<JournalEntry> entries)
    {
        Run("BEGIN IMMEDIATE");
        foreach (var entry in entries)
            Apply(entry);
        // Times rise, so the last of a group stands for all of it.
        foreach (var last in entries.OfType<Committed>().GroupBy(committed => committed.Project).Select(group => group.Last()))
            Run("INSERT OR REPLACE INTO clocks VALUES ($1, $2)", last.Project, last.CommitTime);
        Run("COMMIT");
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
            command.Dispose();
        _connection.Dispose();
    }

    private void Apply(JournalEntry entry)
    {
        switch (entry)
        {
            case Committed committed:
                foreach (var change in committed.Changes)
                    Apply(committed.Project, change);
                break;
            case DocumentsCleared cleared: Run("DELETE FROM documents WHERE project = $1", cleared.Project); break;
            case UserStored(var project, var user):
                Run("INSERT OR REPLACE INTO users VALUES ($1, $2, $3)", project, user.LocalId, JsonSerializer.SerializeToUtf8Bytes(user));
                break;
            case UserDeleted(var project, var localId): Run("DELETE FROM users WHERE project = $1 AND localId = $2", project, localId); break;
            case UsersCleared cleared: Run("DELETE FROM users WHERE project = $1", cleared.Project); break;
            case SettingStored(var name, var content): Run("INSERT OR REPLACE INTO settings VALUES ($1, $2)", name, content); break;
            default: throw new InvalidOperationException($"No rule for {entry.GetType().Name}.");
        }
    }

    private void Apply(string project, DocumentChange change)
    {
        var (collection, id) = change.Path;
        if (change.After is not { } document)
        {
            Run("DELETE FROM documents WHERE project = $1 AND collection = $2 AND id = $3", project, collection, id);
            return;
        }

        _buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_buffer, ValueJson.Options))
            ValueJson.Write(json, document.Fields);
        Run(
            "INSERT OR REPLACE INTO documents VALUES ($1, $2, $3, $4, $5, $6)",
            project, collection, id, document.CreateTime, document.UpdateTime, _buffer.WrittenSpan.ToArray());
    }

    private List<Document> DocumentsOf(string project)
    {
        var (documents, collection) = (new List<Document>(), "");
        foreach (var (path, document) in Rows(
            $"SELECT collection, id, createTime, updateTime, fields FROM documents WHERE project = $1 ORDER BY collection",
            row => (Path: row.GetString(0), Read: new Func<string, Document>(known => ReadDocument(row, known))), project))
        {
            // One string for all documents of a collection.
            collection = path == collection ? collection : path;
            documents.Add(document(collection));
        }

        return documents;
    }

    private static Document ReadDocument(SqliteDataReader row, string collection)
    {
        using var json = JsonDocument.Parse(Blob(row, 4), RequestJson.Options);
        return new(new(collection, row.GetString(1)), (MapValue)ValueJson.Read(json.RootElement), row.GetInt64(2), row.GetInt64(3));
    }

    private IEnumerable<T> Rows<T>(string sql, Func<SqliteDataReader, T> read, params object[] parameters)
    {
        using var rows = Prepared(sql, parameters).ExecuteReader();
        while (rows.Read())
            yield return read(rows);
    }

    private void Run(string sql, params object[] parameters) => Prepared(sql, parameters).ExecuteNonQuery();

    private SqliteCommand Prepared(string sql, object[] parameters)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            _commands.Add(sql, command = _connection.CreateCommand());
            command.CommandText = sql;
            for (var number = 1; number <= parameters.Length; number++)
                command.Parameters.AddWithValue($"${number}", DBNull.Value);
        }

        for (var index = 0; index < parameters.Length; index++)
            command.Parameters[index].Value = parameters[index];
        return command;
    }

    private static byte[] Blob(SqliteDataReader row, int column) => row.GetFieldValue<byte[]>(column);
}
