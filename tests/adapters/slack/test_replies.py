"""Whoever acts on Slack gets an answer, whatever the clock, the process or the network does."""

import asyncio
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import replies, talk
from bot.clock import TurnedClock
from bot.engine.outcome import Outcome
from bot.kernel.action import Action
from bot.kernel.card import Form, TextField
from bot.kernel.effect import Ask
from bot.kernel.event import Event, Said, Told
from tests.adapters.slack.line import WORDS, Bot, Scene, labels, living, private, with_a_problem, workspace
from tests.slack_fake.deeds import Deed
from tests.slack_fake.forms import find_input, held_by
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.town import User

EARLIER = "The mean is zero, and I do not know the variance of it yet."


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeSlack]:
    async with FakeSlack(clock) as fake:
        yield fake
        assert fake.verdicts == []


@pytest.fixture
async def bot(fake: FakeSlack, migrated: Path, tmp_path: Path, clock: TurnedClock) -> AsyncIterator[Bot]:
    shutil.copytree(migrated, tmp_path / "data")
    async with living(fake, tmp_path / "data", clock) as bot:
        yield bot


@pytest.fixture
async def scene(fake: FakeSlack, bot: Bot) -> Scene:
    return workspace(fake, bot)


@pytest.fixture
async def ada(bot: Bot, scene: Scene) -> User:
    return await with_a_problem(bot, scene)


def late(monkeypatch: pytest.MonkeyPatch, bot: Bot) -> None:
    """From now on every form is too late."""
    assert bot.line.replies
    monkeypatch.setattr(bot.line.replies, "_patience", -1.0)


def broken(monkeypatch: pytest.MonkeyPatch, bot: Bot) -> None:
    async def fail(_: Event) -> Any:
        raise ValueError(WORDS)

    monkeypatch.setattr(bot.app.engine, "handle", fail)


# --- the deed is kept first ------------------------------------------------------------------------


async def test_words_are_kept_before_they_are_acknowledged(bot: Bot, scene: Scene, ada: User) -> None:
    form = (await scene.press(ada, scene.board(), "Answer")).opened
    gate = bot.slow()
    sent = await scene.fake.submit(ada, form, {"text": WORDS}, wait=False)
    await gate.reached.wait()
    assert sent.ack is None
    gate.open()
    await sent.answered()
    assert "Your answer is kept." in form.words
    assert WORDS in await scene.read(ada)


async def test_a_form_that_was_opened_before_a_restart_is_kept_and_answered(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = workspace(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        form = (await scene.press(ada, scene.board(), "Answer")).opened
    async with living(fake, tmp_path, clock) as bot:
        scene.bot = bot
        await scene.fill(ada, form, {"text": WORDS})
        assert "Your answer is kept." in form.words
        assert WORDS in await scene.read(ada)


async def test_a_form_that_is_delivered_again_changes_nothing_and_gets_the_same_answer(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    sent = await scene.answer(ada)
    await bot.wait(minutes=1)
    again = await fake.redeliver(sent)
    await bot.wait(minutes=1)
    assert again.ack == sent.ack
    assert "Answers: 1" in scene.board().words


async def test_a_press_that_is_delivered_again_changes_nothing(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    await scene.answer(ada)
    seen = await scene.press(ada, scene.board(), "Read answers")
    again = await fake.redeliver(seen, lost=True)
    await bot.caught_up()
    assert again.ephemeral.words == seen.ephemeral.words


async def test_a_crash_before_the_acknowledgement_gives_the_same_answer_once(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = workspace(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        fake.socket.lose_acks(1)
        told = await fake.write(ada, None, WORDS, wait=False)
        await told.until(lambda: told.posts)
        before = [message.words for message in private(fake, ada)]
    async with living(fake, tmp_path, clock) as bot:
        await told.answered()
        await bot.caught_up()
        assert [message.words for message in private(fake, ada)] == before
        assert len(before) == 1


async def test_a_crash_before_the_answer_loses_no_answer(fake: FakeSlack, tmp_path: Path, clock: TurnedClock) -> None:
    scene = workspace(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        fake.faults.reset_before("chat.postMessage")
        told = await fake.write(ada, None, WORDS, wait=False)
        await bot.caught_up()
        assert private(fake, ada) == []
        assert told.ack is None, "so Slack sends it again"
    async with living(fake, tmp_path, clock) as bot:
        await told.answered()
        await bot.caught_up()
        assert len(private(fake, ada)) == 1


async def test_an_answer_whose_receipt_was_lost_stands_once(fake: FakeSlack, bot: Bot, ada: User) -> None:
    fake.faults.reset_after("chat.postMessage")
    told = await fake.write(ada, None, WORDS, wait=False)
    await told.until(lambda: told.posts)
    await bot.caught_up()
    assert told.ack is None
    fake.socket.retry()
    await told.answered()
    assert len(private(fake, ada)) == 1


async def test_a_private_message_is_answered_once_however_often_it_comes(fake: FakeSlack, bot: Bot, ada: User) -> None:
    told = await fake.write(ada, None, WORDS)
    for _ in range(3):
        await fake.redeliver(told)
    await bot.caught_up()
    assert len(private(fake, ada)) == 1
    assert "Use" in " ".join(labels(private(fake, ada)[0]))


async def test_deeds_in_no_order_and_again_and_again_leave_what_each_did(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    fake.socket.lose_acks(3)
    told = [await fake.write(ada, None, f"{WORDS} {number}", wait=False) for number in range(6)]
    await bot.caught_up()
    for deed in reversed(told):
        await fake.redeliver(deed)
        fake.socket.retry()
    await bot.caught_up()
    assert len(private(fake, ada)) == len(told)


# --- time ------------------------------------------------------------------------------------------


async def test_a_form_that_is_ready_too_late_becomes_a_button_that_opens_it(
    bot: Bot, scene: Scene, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        late(patch, bot)
        asked = await scene.press(ada, scene.board(), "Answer")
        assert asked.views == []
        assert labels(asked.ephemeral) == ["Open the form"]
    opened = await scene.press(ada, asked, "Open the form")
    await scene.fill(ada, opened.opened, {"text": WORDS})
    assert WORDS in await scene.read(ada)


async def test_a_trigger_that_is_over_becomes_a_button_too(
    fake: FakeSlack, bot: Bot, clock: TurnedClock, scene: Scene, ada: User
) -> None:
    gate = bot.slow()
    asked = await fake.press(ada, scene.board(), "Answer", wait=False)
    await gate.reached.wait()
    clock.go(timedelta(seconds=4))
    gate.open()
    await asked.until(lambda: asked.ephemerals)
    assert asked.views == []
    assert labels(asked.ephemeral) == ["Open the form"]
    opened = await scene.press(ada, asked, "Open the form")
    assert opened.opened.inputs


async def test_a_late_answer_to_a_form_is_shown_all_the_same(
    bot: Bot, scene: Scene, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = (await scene.press(ada, scene.board(), "Answer")).opened
    monkeypatch.setattr(replies, "TOO_LATE", -1.0)
    await scene.fill(ada, form, {"text": WORDS})
    assert scene.fake.sent("views.update"), "Slack does not read what comes with a late acknowledgement"


async def test_a_late_no_is_shown_with_the_words_and_the_way_back(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = (await scene.press(ada, scene.board(), "Answer")).opened
    monkeypatch.setattr(replies, "TOO_LATE", -1.0)
    sent = await scene.fill(ada, form, {"text": "short"})
    assert sent.errors == {}, "nobody would see them"
    assert fake.sent("views.update")
    assert "short" in form.words
    assert labels(form)
    opened = await scene.press(ada, form, labels(form)[0])
    assert held_by(opened.opened, find_input(opened.opened, "text"))["value"] == "short"


async def test_a_late_answer_to_a_form_that_is_closed_by_then_comes_in_private(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = (await scene.press(ada, scene.board(), "Answer")).opened
    monkeypatch.setattr(replies, "TOO_LATE", -1.0)
    fake.faults.refuse("not_found", "views.update")
    await scene.fill(ada, form, {"text": "short"})
    assert "short" in private(fake, ada)[-1].words


async def test_a_response_address_that_is_over_is_answered_in_private_messages(
    fake: FakeSlack, bot: Bot, clock: TurnedClock, scene: Scene, ada: User
) -> None:
    gate = bot.slow()
    asked = await fake.command(ada, scene.channel, "/study", "help", wait=False)
    await gate.reached.wait()
    clock.go(timedelta(minutes=31))
    gate.open()
    await asked.answered()
    await bot.caught_up()
    assert asked.ephemerals == []
    assert "/study" in private(fake, ada)[-1].words


# --- where an answer is shown ------------------------------------------------------------------------


async def test_a_command_is_answered_for_whoever_typed_it_alone(fake: FakeSlack, bot: Bot, scene: Scene) -> None:
    asked = await scene.do(scene.owner, "")
    assert asked.ephemeral.seen_by is scene.owner
    assert [call for call in fake.calls if call.method == "chat.postMessage"] == []


async def test_a_reply_to_a_reply_takes_its_place_and_a_no_does_not(bot: Bot, scene: Scene, ada: User) -> None:
    note = (await scene.do(ada, "me")).ephemeral
    refused = await scene.fake.press(ada, note, "nobody.knows", forged=True)
    await bot.caught_up()
    assert (len(refused.ephemerals), refused.replaced) == (1, [])
    pressed = await scene.press(ada, note, "My streak")
    assert (pressed.ephemerals, pressed.replaced) == ([], [note])


async def test_a_no_stands_at_its_field_and_the_words_stay_in_the_form(bot: Bot, scene: Scene, ada: User) -> None:
    form = (await scene.press(ada, scene.board(), "Answer")).opened
    sent = await scene.fill(ada, form, {"text": "short"})
    assert set(sent.errors) == {"text"}
    assert form in ada.modals


async def test_words_that_fit_into_no_card_stay_in_the_form_when_a_no_stands_at_its_field(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    form = (await scene.press(ada, scene.board(), "Answer")).opened
    sent = await fake.submit(ada, form, {"text": "x" * 3_001}, forged=True)
    await bot.caught_up()
    assert set(sent.errors) == {"text"}
    assert form.errors, "nothing has taken the place of the form"
    assert form in ada.modals
    assert private(fake, ada) == []


async def test_a_no_that_a_button_helps_with_is_shown_with_it(bot: Bot, scene: Scene, ada: User) -> None:
    form = (await scene.press(ada, scene.board(), "Answer")).opened
    await scene.do(ada, "leave")
    sent = await scene.fill(ada, form, {"text": WORDS})
    assert sent.errors == {}
    assert "Join the study group" in labels(form)
    assert WORDS in form.words


async def test_a_press_in_a_view_is_answered_in_it_and_a_form_comes_above_it(bot: Bot, scene: Scene, ada: User) -> None:
    sent = await scene.answer(ada)
    [view] = ada.modals
    assert sent.ack
    await scene.press(ada, view, "Change it")
    assert len(ada.modals) == 2, "the form lies above the answer"
    await scene.fill(ada, ada.modals[-1], {"text": f"{WORDS} And more."})
    assert "Your answer is changed." in ada.modals[-1].words
    assert "And more." in await scene.read(ada)


async def test_a_form_that_takes_the_place_of_another_holds_what_it_should(
    bot: Bot, scene: Scene, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = (await scene.press(ada, scene.board(), "Answer")).opened

    async def ask(_: Event) -> Outcome:
        return Outcome((Ask(Form("Once more", Action.to("a.b"), (TextField("text", "Your answer", value=WORDS),))),))

    monkeypatch.setattr(bot.app.engine, "handle", ask)
    for _ in range(2):
        await scene.fill(ada, form, {"text": EARLIER})
        assert form.title == "Once more"
        assert held_by(form, find_input(form, "text"))["value"] == WORDS


async def test_a_fourth_view_takes_the_place_of_the_third(bot: Bot, scene: Scene, ada: User) -> None:
    await scene.answer(ada)
    for number in range(4):
        await scene.press(ada, ada.modals[-1], "Change it")
        await scene.fill(ada, ada.modals[-1], {"text": f"{WORDS} {number}"})
    assert f"{WORDS} 3" in await scene.read(ada)


async def test_a_press_in_private_messages_is_answered_there(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    await fake.write(ada, None, WORDS)
    [offered] = private(fake, ada)
    pressed = await scene.press(ada, offered, "Not an answer")
    assert len(private(fake, ada)) == 2
    assert pressed.ephemerals == []


async def test_what_is_done_in_a_thread_is_answered_there(fake: FakeSlack, bot: Bot, scene: Scene, ada: User) -> None:
    board = scene.board()
    written = (await fake.write(ada, scene.channel, WORDS, board.ts)).message
    chosen = await fake.shortcut(ada, "answers.use_message", written)
    await bot.caught_up()
    assert chosen.ephemeral.thread_ts == board.ts
    dropped = await scene.press(ada, chosen, "Not an answer")
    assert [one.thread_ts for one in dropped.shown] == [board.ts]
    above = await scene.press(ada, board, "Read answers")
    assert above.ephemeral.thread_ts == "", "what is pressed above a thread is answered in the channel"


async def test_where_slack_shows_nothing_in_a_thread_the_answer_stands_in_the_channel(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    written = (await fake.write(ada, scene.channel, WORDS, scene.board().ts)).message
    fake.faults.refuse("user_not_in_channel", "chat.postEphemeral")
    chosen = await fake.shortcut(ada, "answers.use_message", written)
    await bot.caught_up()
    assert chosen.ephemeral.thread_ts == ""


async def test_a_press_on_the_home_page_whose_trigger_is_over_is_answered_in_private(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    await fake.open_home(ada)
    assert ada.home
    fake.faults.refuse("expired_trigger_id", "views.open")
    fake.faults.throttle(30, "conversations.open", times=9)
    pressed = await scene.press(ada, ada.home, "My streak")
    assert "Days in a row" in pressed.posts[-1].words


@pytest.mark.parametrize("where", ["channel", "private messages"])
async def test_a_download_that_slack_refuses_does_not_say_that_it_is_there(
    where: str, fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    fake.faults.refuse("file_uploads_disabled", "files.getUploadURLExternal")
    await fake.write(ada, None, WORDS)
    await bot.caught_up()
    message = scene.board() if where == "channel" else private(fake, ada)[0]
    for arrives in (False, True):
        pressed = await fake.press(ada, message, "0:members.export", forged=True)
        await bot.caught_up()
        words = "\n".join(message.words for message in (*pressed.shown, *pressed.posts))
        assert ("The file is in your private messages." in words) is arrives
        assert ("This workspace takes no files." in words) is not arrives
        assert any(message.files for message in private(fake, ada)) is arrives


async def test_the_shortcut_without_a_message_shows_the_home_page_in_a_view(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    seen = await fake.shortcut(ada, "study")
    await bot.caught_up()
    assert "Spare days" in seen.opened.words


async def test_a_shortcut_on_a_message_is_heard_with_its_words(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    written = (await fake.write(ada, scene.channel, WORDS)).message
    seen = await fake.shortcut(ada, "answers.use_message", written)
    await bot.caught_up()
    assert seen.ephemerals or seen.views


async def test_a_card_in_private_messages_stays_about_its_group(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock
) -> None:
    here = workspace(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, here)
        there = Scene(fake, here.owner, fake.town.add_channel("other", here.owner, ada), bot)
        await there.found()
        await there.do(ada, "join")
        await bot.wait(days=1)
        private_place, shown = fake.town.im(ada), []
        for group in ("#study", "#other"):
            home = await here.do(ada, "me", private_place)
            await here.press(ada, home, group)
            await fake.open_home(ada)
            shown.append(await here.do(ada, "today", private_place))
        for seen in (shown[0], ada.home):
            assert seen
            form = await here.press(ada, seen, "Answer")  # she has turned to the other group by now
            assert "#other" not in form.opened.words
        form = await here.press(ada, shown[0], "Answer")
        await here.fill(ada, form.opened, {"text": WORDS})
        await here.press(ada, form.opened, "Change it")
        await here.fill(ada, ada.modals[-1], {"text": f"{WORDS} And more."})
    with closing(sqlite3.connect(tmp_path / "whetstone.db")) as db:
        found = db.execute("SELECT group_id FROM answers_kept").fetchall()
        assert found == [(f"slack:{fake.town.team_id}/{here.channel.id}",)]


# --- the home page -----------------------------------------------------------------------------------


async def test_the_home_page_is_shown_when_it_is_opened_and_after_a_deed_there(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    await fake.open_home(ada)
    assert ada.home
    assert "What you have set" in ada.home.words
    shown = ada.home.shown
    await scene.press(ada, ada.home, "My streak")
    assert ada.home.shown == shown, "what only reads changes nothing on it"
    [view] = ada.modals
    assert "Days in a row" in view.words, "the answer is a view above the page"
    await fake.close(ada, view)
    await scene.press(ada, ada.home, "Answer")
    [form] = ada.modals
    assert "You have answered." not in ada.home.words
    await scene.fill(ada, form, {"text": WORDS})
    assert "Your answer is kept." in form.words
    assert "You have answered." in ada.home.words
    assert scene.channel.id not in form.payload["private_metadata"]


async def test_the_messages_tab_is_not_the_home_page(fake: FakeSlack, bot: Bot, ada: User) -> None:
    await fake.open_home(ada, "messages")
    assert not fake.sent("views.publish")


async def test_a_home_page_that_cannot_be_shown_costs_nobody_a_deed(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    await fake.open_home(ada)
    assert ada.home
    fake.is_home_off = True
    pressed = await scene.press(ada, ada.home, labels(ada.home)[0])
    assert pressed.ack is not None
    assert pressed.views


async def test_a_home_page_that_slack_takes_later_is_shown_once_more_then(
    fake: FakeSlack,
    bot: Bot,
    scene: Scene,
    ada: User,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replies, "HOME_AGAIN", 0.01)
    for trouble in ("limited", "broken"):
        if trouble == "limited":
            fake.faults.throttle(1, "views.publish")
        else:
            fake.faults.reset_before("views.publish")
        opened = await fake.open_home(ada)
        assert opened.ack is not None, "nobody waits for Slack to take it"
        await fake.open_home(ada)
        await bot.caught_up()
        assert ada.home
        ada.home = None
    fake.faults.throttle(1, "views.publish", times=2)
    await fake.open_home(ada)
    await bot.caught_up()
    assert caplog.messages == ["home page not shown"]
    assert caplog.records[0].exc_info is None
    assert caplog.records[0].__dict__["workspace"] == "Study"


# --- what is not understood ------------------------------------------------------------------------


async def test_an_unknown_button_is_acknowledged_told_and_logged(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User, caplog: pytest.LogCaptureFixture
) -> None:
    seen = await fake.press(ada, scene.board(), "0:of.yesterday", forged=True)
    await bot.caught_up()
    assert "does not work any more" in seen.ephemeral.words
    assert "unknown action" in caplog.messages


async def test_a_kind_of_interaction_that_nobody_knows_is_acknowledged_and_logged(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User, caplog: pytest.LogCaptureFixture
) -> None:
    envelope = fake.socket.push("interactive", {"type": "of_tomorrow", "user": {"id": ada.id}})
    await asyncio.wait_for(envelope.acked.wait(), 20)
    assert "interaction not understood" in caplog.messages


# --- what people write -----------------------------------------------------------------------------


async def below(fake: FakeSlack, scene: Scene, user: User, words: str) -> Deed:
    return await fake.write(user, scene.channel, words, scene.board().ts)


async def test_only_words_of_people_below_our_posts_are_heard(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    bot.events.clear()
    chat = (await fake.write(ada, scene.channel, "Has anybody a key?")).message
    assert chat
    await fake.write(ada, scene.channel, "I have.", chat.ts)
    other_bot = fake.town.add_user("clock", is_bot=True)
    scene.channel.members[other_bot.id] = other_bot
    message = {"type": "message", "channel": scene.channel.id, "channel_type": "channel", "thread_ts": scene.board().ts}
    for odd in (
        {"subtype": "bot_message", "bot_id": "B9", "text": WORDS, "ts": "1.000001"},
        {"user": other_bot.id, "bot_id": "B9", "text": WORDS, "ts": "1.000002"},
        {"subtype": "channel_topic", "user": ada.id, "text": WORDS, "ts": "1.000003"},
        {"subtype": "reminder_add", "user": ada.id, "text": WORDS, "ts": "1.000004"},
    ):
        await fake.event(ada, message | odd)
    assert bot.events == []
    await below(fake, scene, ada, WORDS)
    [event] = bot.events
    assert isinstance(event.what, Said)
    assert event.what.under == scene.board().receipt


async def test_a_private_message_that_is_changed_is_answered_again_and_its_words_are_kept(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    told = (await fake.write(ada, None, EARLIER)).message
    assert told
    await bot.caught_up()
    await fake.edit(told, WORDS)
    await bot.caught_up()
    first, _ = private(fake, ada)
    await scene.press(ada, first, "Use as my answer")
    assert WORDS in await scene.read(ada), "the words as they are now, whichever button is pressed"
    await fake.delete(told)
    await bot.caught_up()
    assert len(private(fake, ada)) == 3, "nobody answers what was taken back"


async def test_what_was_told_first_does_not_come_back_over_what_was_told_later(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        broken(patch, bot)
        first = await fake.write(ada, None, EARLIER, wait=False)
        await bot.caught_up()
    assert first.message
    await fake.edit(first.message, WORDS)
    fake.socket.retry()
    await first.answered()
    await bot.caught_up()
    texts = [event.what.text for event in bot.events if isinstance(event.what, Told)]
    assert texts == [WORDS, WORDS]


async def test_an_edit_and_a_deletion_are_heard_in_their_order(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    bot.events.clear()
    said = (await below(fake, scene, ada, EARLIER)).message
    assert said
    gate = bot.slow(first_only=True)
    await fake.edit(said, WORDS, wait=False)
    await gate.reached.wait()
    deleted = await fake.delete(said, wait=False)
    for _ in range(2):  # behind it on each connection, so that it has arrived
        await fake.event(fake.town.bot, {"type": "emoji_changed"})
    gate.open()
    await deleted.answered()
    assert [event.what.text for event in bot.events if isinstance(event.what, Said)] == [EARLIER, WORDS, None]


async def test_what_was_said_first_does_not_come_back_over_what_was_said_later(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    bot.events.clear()
    first = await below(fake, scene, ada, EARLIER)
    assert first.message
    await fake.edit(first.message, WORDS)
    await fake.redeliver(first)
    texts = [event.what.text for event in bot.events if isinstance(event.what, Said)]
    assert texts == [EARLIER, WORDS, WORDS]
    await fake.delete(first.message)
    await fake.redeliver(first)
    assert isinstance(bot.events[-1].what, Said)
    assert bot.events[-1].what.text is None


async def test_a_profile_that_changes_is_known_at_the_next_deed(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    ada.zone = "Asia/Tokyo"
    await fake.change(ada)
    asked = len(fake.sent("users.info"))
    await scene.do(ada, "help")
    assert bot.events[-1].person.zone == "Asia/Tokyo"
    assert len(fake.sent("users.info")) == asked


async def people_rows(bot: Bot) -> dict[str, tuple[str, str]]:
    sql = "SELECT member, name, zone FROM roster_people"
    rows = await bot.app.store.read(lambda tx: tx.all(sql))
    return {row["member"]: (row["name"], row["zone"]) for row in rows}


async def test_a_new_time_zone_counts_at_once(fake: FakeSlack, bot: Bot, scene: Scene, ada: User) -> None:
    ada.zone = "Asia/Tokyo"
    await fake.change(ada)
    assert (await people_rows(bot))[ada.id] == ("ada", "Asia/Tokyo")


async def test_of_strangers_nothing_is_kept(fake: FakeSlack, bot: Bot, scene: Scene, ada: User) -> None:
    assert bot.line.replies
    known, rows = [*bot.line.replies._people._known], await people_rows(bot)
    eve = fake.town.add_user("eve")
    scene.channel.members[eve.id] = eve
    await fake.change(eve)
    await below(fake, scene, eve, WORDS)
    await fake.leave(eve, scene.channel)
    eve.deleted = True
    await fake.change(eve)
    await bot.caught_up()
    assert [*bot.line.replies._people._known] == known
    assert await people_rows(bot) == rows


async def test_of_who_was_erased_nothing_comes_back(fake: FakeSlack, bot: Bot, scene: Scene, ada: User) -> None:
    assert bot.line.replies
    await fake.press(ada, scene.board(), "0:members.erase_now", forged=True)
    await fake.change(ada)
    await bot.caught_up()
    assert ada.id not in bot.line.replies._people._known
    assert ada.id not in await people_rows(bot)


async def test_whoever_slack_does_not_name_in_time_has_the_name_of_the_deed_unless_a_better_one_is_known(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    assert bot.line.replies
    ada.name = "Ada Lovelace"
    await fake.change(ada)
    bot.line.replies._people.forget(ada.id)
    eve = fake.town.add_user("Eve")
    scene.channel.members[eve.id] = eve
    fake.faults.throttle(30, "users.info")
    for user in (ada, eve):
        await scene.do(user, "join")
    assert {name for name, _ in (await people_rows(bot)).values()} == {"olga", "Ada Lovelace", "eve"}


async def test_a_slow_word_about_one_person_holds_no_thread_up(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    assert bot.line.replies
    bot.line.replies._people.forget(ada.id)
    eve = fake.town.add_user("eve")
    scene.channel.members[eve.id] = eve
    bot.events.clear()
    asked = len(fake.sent("users.info"))
    for user in (eve, ada):
        await below(fake, scene, user, WORDS)
    await fake.leave(ada, scene.channel)
    assert len(bot.events) == 3
    assert len(fake.sent("users.info")) == asked, "Slack says in the event who it was"


async def test_who_leaves_the_workspace_leaves_its_groups(fake: FakeSlack, bot: Bot, scene: Scene, ada: User) -> None:
    ada.deleted = True
    await fake.change(ada)
    await bot.caught_up()
    ada.deleted = False
    await fake.change(ada)
    seen = await scene.press(ada, scene.board(), "Answer")
    assert "Join the study group" in labels(seen.ephemeral)


# --- our own mistakes ------------------------------------------------------------------------------


async def test_a_mistake_of_ours_in_a_form_is_said_in_it_with_a_number_and_the_words_stay(
    bot: Bot, scene: Scene, ada: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    form = (await scene.press(ada, scene.board(), "Answer")).opened
    broken(monkeypatch, bot)
    sent = await scene.fill(ada, form, {"text": WORDS})
    assert re.search(r"went wrong on our side \(number [0-9a-f]{6}\)", sent.errors["text"])
    assert form in ada.modals
    assert WORDS not in " ".join(caplog.messages)


async def test_a_mistake_of_ours_after_a_command_gives_the_words_back(
    bot: Bot, scene: Scene, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, bot)
    asked = await scene.do(ada, f"today {WORDS}")
    assert re.search(r"went wrong on our side \(number [0-9a-f]{6}\)", asked.ephemeral.words)
    assert WORDS in asked.ephemeral.words


async def test_an_apology_comes_even_where_the_answer_cannot_be_drawn(
    bot: Bot, scene: Scene, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = talk.card_message
    times = iter([ValueError("this card cannot be drawn")])

    def draw(*some: Any, **more: Any) -> Any:
        for trouble in times:
            raise trouble
        return drawn(*some, **more)

    monkeypatch.setattr(talk, "card_message", draw)
    asked = await scene.do(ada, "help")
    assert "went wrong on our side" in asked.ephemeral.words


async def test_an_event_that_fails_comes_again(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        broken(patch, bot)
        told = await fake.write(ada, None, WORDS, wait=False)
        await bot.caught_up()
        assert told.ack is None
    fake.socket.retry()
    await told.answered()
    await bot.caught_up()
    assert len(private(fake, ada)) == 1
