using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using WaAspire.Messaging.Firestore;
using WaAspire.Tests.Accounts.Ownership;
using WaAspire.Worker.Sessions;

namespace WaAspire.Tests.Sessions;

/// <summary>The keys of a session: encrypted, all of a write or none, and only under the newest epoch.</summary>
[Collection(OwnershipCollection.Name)]
public sealed class SessionStoreTests(TwoOwners world)
{
    private static readonly SessionKey _creds = new("creds", "");
    private readonly string _account = TwoOwners.NewAccount();

    [Fact]
    public async Task what_a_pairing_writes_is_one_commit_and_the_next_owner_reads_all_of_it()
    {
        var first = await TouchAsync(world.One, 1);
        SessionKeyWrite[] writes = [.. Enumerable.Range(0, 812).Select(i => new SessionKeyWrite(new SessionKey("pre-key", $"{i}"), $"private {i}"))];

        Assert.Equal(SessionWriteResult.Stored, await WriteAsync(world.One, first, 1, writes));
        var second = await TouchAsync(world.Other, 2);
        var read = await Store(world.Other).ReadAsync(second, [.. writes.Select(write => write.Key), _creds], CancellationToken.None);

        Assert.Equal(writes.ToDictionary(write => write.Key, write => write.Value), read.ToDictionary(value => value.Key, value => (string?)value.Value));
        Assert.Equal(0, second.Seq);
    }

    [Fact]
    public async Task every_write_of_a_deposed_owner_is_refused_as_a_whole()
    {
        var old = await TouchAsync(world.One, 1);
        await WriteAsync(world.One, old, 1, Creds("one"));
        var current = await TouchAsync(world.Other, 2);

        Assert.Equal(SessionWriteResult.Stale, await WriteAsync(world.One, old, 2, Creds("late")));
        Assert.Equal(SessionWriteResult.Stale, await WriteAsync(world.One, old, 2, Creds("later"), clear: true));
        Assert.Equal(SessionWriteResult.Stale, await WriteAsync(world.One, old, 3, Creds("latest")));

        Assert.Equal("one", await ReadCredsAsync(world.Other, current));
        Assert.Equal(SessionWriteResult.Stored, await WriteAsync(world.Other, current, 1, Creds("two")));
        Assert.Equal("two", await ReadCredsAsync(world.Other, current));
    }

    [Fact]
    public async Task an_older_epoch_cannot_take_the_session_back()
    {
        await TouchAsync(world.One, 7);

        Assert.Null(await Store(world.Other).TouchAsync(_account, 6, CancellationToken.None));
    }

    [Fact]
    public async Task a_write_whose_reply_is_lost_is_repeated_and_stored_once()
    {
        var fence = await TouchAsync(world.One, 1);
        await using (await world.LoseReplyAsync(_account))
        {
            await Assert.ThrowsAsync<FirestoreException>(() => WriteAsync(world.One, fence, 1, Creds("one")));
        }

        Assert.Equal(SessionWriteResult.Stored, await WriteAsync(world.One, fence, 1, Creds("repeated, and the same")));
        Assert.Equal("one", await ReadCredsAsync(world.One, fence));
        Assert.Equal(SessionWriteResult.Stored, await WriteAsync(world.One, fence, 2, Creds("two")));
        Assert.Equal("two", await ReadCredsAsync(world.One, fence));
    }

    [Fact]
    public async Task a_number_that_skips_one_is_stale_and_one_that_is_stored_changes_nothing()
    {
        var fence = await TouchAsync(world.One, 1);
        await WriteAsync(world.One, fence, 1, Creds("one"));

        Assert.Equal(SessionWriteResult.Stale, await WriteAsync(world.One, fence, 3, Creds("three")));
        Assert.Equal(SessionWriteResult.Stored, await WriteAsync(world.One, fence, 1, Creds("again")));
        Assert.Equal("one", await ReadCredsAsync(world.One, fence));
    }

    [Fact]
    public async Task a_cleared_session_leaves_nothing_behind_and_goes_on()
    {
        var fence = await TouchAsync(world.One, 1);
        await WriteAsync(world.One, fence, 1, [.. Creds("one"), new(new SessionKey("session", "40712345678.0"), "old")]);

        Assert.Equal(SessionWriteResult.Stored, await WriteAsync(world.One, fence, 2, Creds("fresh"), clear: true));

        Assert.Equal("fresh", await ReadCredsAsync(world.One, fence));
        Assert.Empty(await Store(world.One).ReadAsync(fence, [new SessionKey("session", "40712345678.0")], CancellationToken.None));
        Assert.Single(await world.KeysAsync(_account));
    }

    [Fact]
    public async Task a_key_that_is_written_as_nothing_is_gone()
    {
        var fence = await TouchAsync(world.One, 1);
        await WriteAsync(world.One, fence, 1, Creds("one"));
        await WriteAsync(world.One, fence, 2, [new(_creds, null)]);

        Assert.Null(await ReadCredsAsync(world.One, fence));
        Assert.Empty(await world.KeysAsync(_account));
    }

    [Fact]
    public async Task nothing_of_a_key_is_stored_in_the_clear()
    {
        var fence = await TouchAsync(world.One, 1);
        await WriteAsync(world.One, fence, 1, [new(new SessionKey("session", "40712345678.0"), "a private key")]);

        var stored = Assert.Single(await world.KeysAsync(_account));
        var text = stored.Path + string.Join(' ', stored.Fields.Select(field => $"{field.Key} {field.Value.AsString}"));
        Assert.DoesNotContain("private", text, StringComparison.Ordinal);
        Assert.DoesNotContain("40712345678", text, StringComparison.Ordinal);
        Assert.Equal("old", stored.Fields.Text("keyId"));
    }

    [Fact]
    public async Task a_new_key_encrypts_and_the_old_one_is_still_read()
    {
        var first = await TouchAsync(world.One, 1);
        await WriteAsync(world.One, first, 1, Creds("one"));
        var second = await TouchAsync(world.Other, 2);
        Assert.Equal("one", await ReadCredsAsync(world.Other, second));
        await WriteAsync(world.Other, second, 1, Creds("two"));

        var third = await TouchAsync(world.WithoutOldKey, 3);
        Assert.Equal("two", await ReadCredsAsync(world.WithoutOldKey, third));
    }

    [Fact]
    public async Task a_value_under_an_unknown_key_or_in_anothers_place_is_not_read()
    {
        var fence = await TouchAsync(world.One, 1);
        await WriteAsync(world.One, fence, 1, [.. Creds("one"), new(new SessionKey("session", "x"), "two")]);
        var other = await TouchAsync(world.WithoutOldKey, 2);
        await Assert.ThrowsAnyAsync<CryptographicException>(() => ReadCredsAsync(world.WithoutOldKey, other));

        var keys = await world.KeysAsync(_account);
        await world.CommitAsync(DocumentWrite.Set(keys[0].Path, keys[1].Fields), DocumentWrite.Set(keys[1].Path, keys[0].Fields));
        var third = await TouchAsync(world.One, 3);
        await Assert.ThrowsAnyAsync<CryptographicException>(() => ReadCredsAsync(world.One, third));
    }

    private static SessionKeyWrite[] Creds(string value) => [new(_creds, value)];

    private static SessionStore Store(IServiceProvider worker) => worker.GetRequiredService<SessionStore>();

    private async Task<SessionFence> TouchAsync(IServiceProvider worker, long epoch) => (await Store(worker).TouchAsync(_account, epoch, CancellationToken.None))!;

    private static Task<SessionWriteResult> WriteAsync(IServiceProvider worker, SessionFence fence, long seq, SessionKeyWrite[] writes, bool clear = false) =>
        Store(worker).WriteAsync(fence, seq, clear, writes, CancellationToken.None);

    private static async Task<string?> ReadCredsAsync(IServiceProvider worker, SessionFence fence) =>
        (await Store(worker).ReadAsync(fence, [_creds], CancellationToken.None)).Select(value => value.Value).SingleOrDefault();
}
