using WaAspire.Messaging.Accounts;
using WaAspire.Messaging.Firestore;
using WaAspire.Messaging.WhatsApp;

namespace WaAspire.Tests.Accounts;

/// <summary>Who may stop an account, for how long, and who lets it go.</summary>
[Collection(AccountCollection.Name)]
public sealed class AccountPausesTests(AccountWorld world)
{
    [Fact]
    public async Task of_many_who_meet_the_same_error_one_writes()
    {
        var sender = await world.OpenAsync();
        var fault = Fault(sender, 190);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => world.Pauses.ApplyAsync(fault, CancellationToken.None)));

        var stored = await world.StoredAsync(FirestorePaths.Account(sender.Id));
        await world.Pauses.ApplyAsync(fault, CancellationToken.None);
        Assert.Equal(stored.UpdateTime, (await world.StoredAsync(FirestorePaths.Account(sender.Id))).UpdateTime);
    }

    [Theory]
    [InlineData(190, 131057, "token_expired")]
    [InlineData(131057, 190, "token_expired")]
    [InlineData(131057, 131048, "spam_limit")]
    [InlineData(131048, 131057, "spam_limit")]
    [InlineData(190, 2, "token_expired")]
    [InlineData(2, 190, "token_expired")]
    [InlineData(131057, 2, "maintenance")]
    public async Task the_stronger_pause_stands(int first, int second, string reason)
    {
        var sender = await world.OpenAsync();

        await world.Pauses.ApplyAsync(Fault(sender, first), CancellationToken.None);
        await world.Pauses.ApplyAsync(Fault(sender, second), CancellationToken.None);

        Assert.Equal(reason, (await sender.PauseAsync())!.Reason);
    }

    [Fact]
    public async Task what_a_person_says_stands_and_the_next_acceptance_does_not_end_it()
    {
        var sender = await world.OpenAsync();
        Assert.Equal(PauseResult.Done, await world.Pauses.PauseAsync(sender.Id, SendPause.ProviderDown, null, CancellationToken.None));

        await world.Pauses.ApplyAsync(Fault(sender, 2), CancellationToken.None);

        Assert.Equal(PauseResult.Unchanged, await world.Pauses.ResumeAsync(sender.Id, "whatsapp", pause => pause.IsProviderDown, CancellationToken.None));
        Assert.Equal("operator", (await sender.PauseAsync())!.By);
    }

    [Fact]
    public async Task a_limit_that_is_reached_again_at_once_pauses_twice_as_long_up_to_a_quarter_of_an_hour()
    {
        var sender = await world.OpenAsync();
        var lengths = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            await world.Pauses.ApplyAsync(Fault(sender, 80007), CancellationToken.None);
            var pause = (await sender.PauseAsync())!;
            lengths.Add((pause.Until - pause.Since)!.Value.TotalMinutes);
            await world.Pauses.ResumeAsync(sender.Id, "time", _ => true, CancellationToken.None);
        }

        Assert.Equal([1, 2, 4, 8, 15, 15], lengths);
    }

    [Fact]
    public async Task the_providers_own_hint_wins_where_it_gives_one()
    {
        var sender = await world.OpenAsync();

        await world.Pauses.ApplyAsync(Fault(sender, 80007) with { Hint = TimeSpan.FromMinutes(19) }, CancellationToken.None);

        var pause = (await sender.PauseAsync())!;
        Assert.Equal(TimeSpan.FromMinutes(19), pause.Until - pause.Since);
    }

    [Fact]
    public async Task all_who_share_a_business_account_pause_and_nobody_else()
    {
        var one = await world.OpenAsync("shared-waba");
        var two = await world.OpenAsync("shared-waba");
        var stranger = await world.OpenAsync();

        await world.Pauses.ApplyAsync(Fault(one, 80007), CancellationToken.None);

        Assert.NotNull(await one.PauseAsync());
        Assert.NotNull(await two.PauseAsync());
        Assert.Null(await stranger.PauseAsync());
    }

    [Fact]
    public async Task all_who_share_the_app_pause()
    {
        var one = await world.OpenAsync();
        var two = await world.OpenAsync();
        var elsewhere = await world.OpenAsync(also: fields => fields[AccountFields.Provider] = "baileys");

        await world.Pauses.ApplyAsync(Fault(one, 4), CancellationToken.None);

        Assert.NotNull(await two.PauseAsync());
        Assert.Null(await elsewhere.PauseAsync());
    }

    [Fact]
    public async Task a_report_that_is_older_than_what_a_person_did_about_it_changes_nothing()
    {
        var sender = await world.OpenAsync();
        await world.Pauses.ApplyAsync(Fault(sender, 190), CancellationToken.None);
        await world.Pauses.ResumeAsync(sender.Id, "operator", _ => true, CancellationToken.None);
        var resumedAt = (await world.StoredAsync(FirestorePaths.Account(sender.Id))).Fields.Map(AccountFields.LastPause)!.Timestamp("resumedAt")!.Value;

        await world.Pauses.ApplyAsync(Fault(sender, 190) with { At = resumedAt.AddMinutes(-1) }, CancellationToken.None);
        Assert.Null(await sender.PauseAsync());

        await world.Pauses.ApplyAsync(Fault(sender, 190) with { At = resumedAt.AddMinutes(1) }, CancellationToken.None);
        Assert.NotNull(await sender.PauseAsync());
    }

    [Fact]
    public async Task a_report_whose_pause_would_be_over_changes_nothing()
    {
        var sender = await world.OpenAsync();

        await world.Pauses.ApplyAsync(Fault(sender, 131048) with { At = DateTimeOffset.UnixEpoch }, CancellationToken.None);

        Assert.Null(await sender.PauseAsync());
    }

    [Fact]
    public async Task the_event_stays_visible_after_the_pause_has_ended()
    {
        var sender = await world.OpenAsync();
        await world.Pauses.ApplyAsync(Fault(sender, 131031), CancellationToken.None);

        Assert.Equal(PauseResult.Done, await world.Pauses.ResumeAsync(sender.Id, "operator", _ => true, CancellationToken.None));
        Assert.Equal(PauseResult.Unchanged, await world.Pauses.ResumeAsync(sender.Id, "operator", _ => true, CancellationToken.None));

        var last = (await world.StoredAsync(FirestorePaths.Account(sender.Id))).Fields.Map(AccountFields.LastPause)!;
        Assert.Equal(("locked", "131031", "operator"), (last.Text("reason"), last.Text("code"), last.Text("resumedBy")));
    }

    [Fact]
    public async Task a_pause_whose_time_has_passed_holds_nobody_back_before_it_is_tidied_away()
    {
        var sender = await world.OpenAsync(also: fields => fields[AccountFields.SendPaused] = FirestoreValue.From(
            new SendPause("maintenance", "131057", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddMinutes(1), "whatsapp").ToFields()));
        Assert.True(world.Gate.MaySend(sender.Id));

        await world.LookAfterAccountsAsync();

        Assert.Null(await sender.PauseAsync());
    }

    [Fact]
    public async Task paused_templates_are_bounded_and_one_that_is_approved_is_sent_again()
    {
        var sender = await world.OpenAsync();
        for (var i = 0; i < 101; i++)
        {
            await world.Pauses.ApplyAsync(Fault(sender, 132015) with { Template = new TemplateName($"template_{i}", "en_US") }, CancellationToken.None);
        }

        await world.Pauses.ResumeTemplateAsync(sender.Id, new TemplateName("template_100", "en_US"), CancellationToken.None);

        var left = (await world.StoredAsync(FirestorePaths.Account(sender.Id))).Fields.Map(AccountFields.PausedTemplates)!;
        Assert.Equal(99, left.Count);
        Assert.DoesNotContain("template_0|en_US", left.Keys);
        Assert.Contains("template_99|en_US", left.Keys);
    }

    [Theory]
    [InlineData("disconnected", false)]
    [InlineData("needs_qr", false)]
    [InlineData("logged_out", false)]
    [InlineData("connected", true)]
    public async Task only_a_connected_account_may_send(string status, bool maySend)
    {
        var sender = await world.OpenAsync(also: fields => fields[AccountFields.Status] = status);

        Assert.Equal(maySend, world.Gate.MayTake(sender.Id));
    }

    [Fact]
    public async Task an_account_without_its_number_pauses_visibly_and_spends_nothing()
    {
        var sender = await world.OpenAsync(also: fields => fields[AccountFields.PhoneNumberId] = "");
        var message = await sender.QueueAsync();

        await sender.SendAsync();

        Assert.Equal("not_configured", (await sender.PauseAsync())!.Reason);
        Assert.Equal(0, (await sender.MessageAsync(message)).AttemptCount);
    }

    [Fact]
    public async Task an_account_that_is_not_there_cannot_be_paused()
    {
        Assert.Equal(PauseResult.NotFound, await world.Pauses.PauseAsync("nobody", "test", null, CancellationToken.None));
        Assert.Equal(PauseResult.NotFound, await world.Pauses.PauseAsync("a/b", "test", null, CancellationToken.None));
    }

    private static AccountFault Fault(AccountWorld.Sender sender, int code) => new(sender.Id, ErrorTable.Find(code)!, $"{code}", AccountFault.ByAnswer);
}
