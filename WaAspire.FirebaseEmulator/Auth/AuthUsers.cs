using WaAspire.FirebaseEmulator.Persistence;

namespace WaAspire.FirebaseEmulator.Auth;

/// <summary>The accounts of all projects. An e-mail address is taken once in a project, whatever its case.</summary>
internal sealed class AuthUsers(IJournal journal, StoredState stored)
{
    private const int MaxUsers = 100_000;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Project, string LocalId), AuthUser> _users =
        stored.Users.ToDictionary(known => (known.Project, known.User.LocalId), known => known.User);

    public AuthUser? Find(string project, string localId)
    {
        lock (_lock)
            return _users.GetValueOrDefault((project, localId));
    }

    public AuthUser? FindByEmail(string project, string email)
    {
        lock (_lock)
            return FindByEmail_NeedsLock(project, email);
    }

    public IReadOnlyList<AuthUser> All(string project)
    {
        lock (_lock)
        {
            var users = _users.Where(user => user.Key.Project == project).Select(user => user.Value);
            return [.. users.OrderBy(user => user.LocalId, StringComparer.Ordinal)];
        }
    }

    public void Add(string project, AuthUser user)
    {
        lock (_lock)
        {
            if (_users.ContainsKey((project, user.LocalId)))
                throw new AuthException("DUPLICATE_LOCAL_ID");
            if (_users.Count >= MaxUsers)
                throw new AuthException("TOO_MANY_USERS");
            Put_NeedsLock(project, user);
        }
    }

    public void AddOrReplace(string project, AuthUser user)
    {
        lock (_lock)
        {
            if (_users.Count >= MaxUsers)
                throw new AuthException("TOO_MANY_USERS");
            Put_NeedsLock(project, user);
        }
    }

    public AuthUser Change(string project, string localId, Func<AuthUser, AuthUser> change)
    {
        lock (_lock)
        {
            if (!_users.TryGetValue((project, localId), out var user))
                throw new AuthException("USER_NOT_FOUND");
            return Put_NeedsLock(project, change(user));
        }
    }

    public void Delete(string project, string localId)
    {
        lock (_lock)
        {
            if (!_users.Remove((project, localId)))
                throw new AuthException("USER_NOT_FOUND");
            journal.Append(new UserDeleted(project, localId));
        }
    }

    public void Clear(string project)
    {
        lock (_lock)
        {
            foreach (var key in _users.Keys.Where(key => key.Project == project).ToList())
                _users.Remove(key);
            journal.Append(new UsersCleared(project));
        }
    }

    private AuthUser Put_NeedsLock(string project, AuthUser user)
    {
        if (user.Email is { } email && FindByEmail_NeedsLock(project, email) is { } other && other.LocalId != user.LocalId)
            throw new AuthException("EMAIL_EXISTS");
        journal.Append(new UserStored(project, user));
        return _users[(project, user.LocalId)] = user;
    }

    private AuthUser? FindByEmail_NeedsLock(string project, string email) => _users
        .FirstOrDefault(user => user.Key.Project == project && string.Equals(user.Value.Email, email, StringComparison.OrdinalIgnoreCase))
        .Value;
}

/// <summary>A refused call; the message is the code that Firebase's clients look for.</summary>
internal sealed class AuthException(string code, int status = StatusCodes.Status400BadRequest) : Exception(code)
{
    public int Status { get; } = status;
}
