"""Whoever acts gets an answer, whatever the clock, the process or the network does."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.discord import replies
from adapters.discord.letters import Letters
from adapters.discord.translate import EPHEMERAL
from bot.clock import TurnedClock
from bot.kernel.event import Event
from tests.adapters.discord.line import WORDS, Scene, living, private, server, with_a_problem
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.sheets import Handed
from tests.discord_fake.talk import DEFER, DEFER_UPDATE, MESSAGE, MODAL, UPDATE, Interaction


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord(clock) as fake:
        yield fake
        assert fake.verdicts == []


async def test_a_form_that_was_opened_before_a_restart_is_kept_and_answered(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        form = await scene.press(ada, scene.board(), "Answer")
    async with living(fake, tmp_path, clock):
        sent = await scene.fill(ada, form, text=WORDS)
        assert "Your answer is kept." in sent.messages[0].text
        assert WORDS[:30] in (await scene.press(ada, scene.board(), "Read answers")).messages[0].text


async def test_words_that_come_too_late_for_an_answer_are_kept_all_the_same(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        form = await scene.press(ada, scene.board(), "Answer")
        gate = bot.slow()
        late = await fake.submit(ada, form, {"text": WORDS})
        await gate.reached.wait()
        clock.go(timedelta(seconds=4))
        gate.open()
        await bot.caught_up()
        assert not late.is_answered
        assert "interaction is over" in caplog.messages
        assert WORDS[:30] in (await scene.press(ada, scene.board(), "Read answers")).messages[0].text


async def test_a_form_that_is_delivered_twice_counts_once(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        sent = await scene.answer(ada)
        before = [message.text for message in sent.messages]
        await fake.redeliver()
        await bot.caught_up()
        assert [message.text for message in sent.messages] == before
        await bot.wait(minutes=1)
        assert "**Answers:** 1" in scene.board().text


async def test_what_takes_long_is_put_off_and_told_when_it_is_there(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock, patience=0) as bot:
        ada = scene.user("ada")
        gate = bot.slow()
        asked = await fake.command(ada, scene.channel, "begin")
        await gate.reached.wait()
        gate.open()
        await asked.answered()
        assert asked.answer
        assert asked.answer["type"] == DEFER
        assert "not set up yet" in asked.messages[0].text
        assert asked.messages[0].flags & EPHEMERAL


async def test_a_form_that_is_ready_too_late_becomes_a_button_that_opens_it(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
    async with living(fake, tmp_path, clock, patience=0) as bot:
        gate = bot.slow()
        asked = await scene.begin_press(ada, scene.board(), "Answer")
        await gate.reached.wait()
        gate.open()
        await asked.answered()
        assert asked.modal is None
        assert [button["label"] for button in asked.messages[0].buttons] == ["Open the form"]
    async with living(fake, tmp_path, clock):
        form = await scene.press(ada, asked, "Open the form")
        await scene.fill(ada, form, text=WORDS)
        assert WORDS[:30] in (await scene.press(ada, scene.board(), "Read answers")).messages[0].text


async def test_words_are_kept_even_where_discord_lets_nothing_be_put_off(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        form = await scene.press(ada, scene.board(), "Answer")
    async with living(fake, tmp_path, clock, patience=0) as bot:
        gate = bot.slow()
        fake.faults.answer(403, 50001, method="POST", path="/callback")
        sent = await fake.submit(ada, form, {"text": WORDS})
        await gate.reached.wait()
        gate.open()
        await sent.answered()
        assert "Your answer is kept." in sent.messages[0].text


async def test_a_mistake_of_ours_is_an_apology_with_a_number_and_the_words_back(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        form = await scene.press(ada, scene.board(), "Answer")

        async def broken(_: Event) -> Any:
            raise ValueError(WORDS)

        monkeypatch.setattr(bot.app.engine, "handle", broken)
        sent = await scene.fill(ada, form, text=WORDS)
        assert re.search(r"went wrong on our side \(number [0-9a-f]{6}\)", sent.messages[0].text)
        assert WORDS in sent.messages[0].text
        assert sent.messages[0].flags & EPHEMERAL
        assert WORDS not in " ".join(caplog.messages)


async def test_an_apology_comes_even_where_no_card_can_be_drawn(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        form = await scene.press(ada, scene.board(), "Answer")

        def broken(*_: object, **__: object) -> Any:
            raise RuntimeError("no card today")

        monkeypatch.setattr("adapters.discord.talk.card_payload", broken)
        sent = await scene.fill(ada, form, text=WORDS)
        assert "went wrong on our side" in sent.messages[0].text
        assert sent.messages[0].attachments[0].content.decode() == WORDS


async def test_an_answer_that_the_network_swallowed_is_said_again_and_read_once(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.talk.pack", lambda cards: [[card] for card in cards])
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        whole = await scene.do(ada, "me")
        await bot.caught_up()
        for fault in (fake.faults.reset_before, fake.faults.reset_after):
            fault(method="POST", path="/callback")
            asked = await scene.do(ada, "me")
            await bot.caught_up()
            assert [message.text for message in asked.messages] == [message.text for message in whole.messages]


async def test_words_that_are_kept_are_no_mishap_though_discord_is_in_trouble(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        form = await scene.press(ada, scene.board(), "Answer")
        fake.faults.answer(503, path="/callback", times=2)
        sent = await scene.fill(ada, form, text=WORDS)
        assert "Your answer is kept." in sent.messages[0].text


async def test_nobody_hears_of_a_slip_in_our_own_notes(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)

        async def broken(*_: object) -> None:
            raise OSError("the disk is full")

        monkeypatch.setattr(Letters, "know", broken)
        asked = await (await fake.command(ada, fake.town.dm(ada), "today")).answered()
        await bot.caught_up()
        assert len(asked.messages) == 1
        assert "went wrong" not in asked.messages[0].text


async def test_pressing_in_a_reply_changes_that_reply(fake: FakeDiscord, tmp_path: Path, clock: TurnedClock) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        shown = await scene.do(ada, "today")
        hint = await scene.press(ada, shown, "Hint")
        assert hint.answer
        assert hint.answer["type"] == UPDATE
        assert hint.messages[0] is shown.messages[0]


async def test_a_slow_press_in_a_reply_changes_that_reply_as_well(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        shown = await scene.do(ada, "today")
    async with living(fake, tmp_path, clock, patience=0) as bot:
        gate = bot.slow()
        hint = await scene.begin_press(ada, shown, "Hint")
        await gate.reached.wait()
        gate.open()
        await hint.answered()
        assert hint.answer
        assert hint.answer["type"] == DEFER_UPDATE
        assert hint.messages[0] is shown.messages[0]
        assert "Hint" in hint.messages[0].text


async def test_a_refusal_leaves_the_reply_that_was_pressed(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        shown = await scene.do(ada, "today")
        form = await scene.press(ada, shown, "Answer")
        refused = await scene.fill(ada, form, text="")
        assert refused.answer
        assert refused.answer["type"] == MESSAGE
        assert not shown.messages[0].edits
        assert [button["label"] for button in refused.messages[0].buttons] == ["Open it again"]


async def test_a_press_on_a_post_is_answered_beside_it(fake: FakeDiscord, tmp_path: Path, clock: TurnedClock) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        before = scene.board().text
        for label in ("Hint", "Hint"):
            hint = await scene.press(ada, scene.board(), label)
            assert hint.answer
            assert hint.answer["type"] == MESSAGE
            assert hint.messages[0].flags & EPHEMERAL
        assert scene.board().text == before


async def test_the_home_page_comes_in_as_few_messages_as_hold_it(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await scene.answer(ada)
        home = await scene.do(ada, "me")
        await bot.caught_up()
        assert sum(len(message.components) for message in home.messages) >= 3
        assert len(home.messages) <= 2
        assert all(message.flags & EPHEMERAL for message in home.messages)
        # A reply with several cards stays: the press was about one of them.
        pressed = await scene.press(ada, home, "Practise now")
        assert pressed.answer
        assert pressed.answer["type"] in (MESSAGE, MODAL)


async def test_cities_are_suggested_while_they_are_typed(fake: FakeDiscord, tmp_path: Path, clock: TurnedClock) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock):
        ada = scene.user("ada")
        found = await fake.autocomplete(ada, scene.channel, "timezone", "city", "Bengal")
        assert any("Bengaluru" in choice["name"] for choice in found)
        assert await fake.autocomplete(ada, scene.channel, "timezone", "city", "qqqqqqq") == []


async def test_suggestions_that_fail_are_none(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:

        async def broken(_: Event) -> Any:
            raise ValueError

        monkeypatch.setattr(bot.app.engine, "suggest", broken)
        assert await fake.autocomplete(scene.owner, scene.channel, "timezone", "city", "Berl") == []


async def test_a_private_message_is_answered_there_with_buttons(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await fake.write(ada, fake.town.dm(ada), WORDS)
        await bot.caught_up()
        (reply,) = private(fake, ada)
        assert not reply.flags & EPHEMERAL
        kept = await scene.press(ada, reply, "Use as my answer")
        assert kept.messages[0] is reply  # the question is settled, so nothing is left to press twice
        await bot.wait(minutes=1)
        assert "**Answers:** 1" in scene.board().text


async def test_a_private_message_of_a_stranger_is_refused_with_their_words(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        await scene.found()
        eve = scene.user("eve")
        await fake.write(eve, fake.town.dm(eve), WORDS)
        await bot.caught_up()
        (reply,) = private(fake, eve)
        assert "not in a study group" in reply.text
        assert WORDS in reply.text


async def test_a_private_message_that_is_delivered_twice_gets_one_reply(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        fake.faults.reset_after(method="POST", path="/messages")
        await fake.write(ada, fake.town.dm(ada), WORDS)
        await fake.redeliver()
        await bot.caught_up()
        assert len(private(fake, ada)) == 1


async def test_the_reply_to_a_private_message_comes_when_a_trouble_is_over(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "WAITS", (0.0,) * 5)
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        fake.faults.answer(503, method="POST", path=f"/channels/{fake.town.dm(ada).id}/messages", times=4)
        await fake.write(ada, fake.town.dm(ada), f"First. {WORDS}")
        await fake.write(ada, fake.town.dm(ada), f"Second. {WORDS}")
        await bot.caught_up()
        assert len(private(fake, ada)) == 2


async def test_a_reply_that_discord_will_never_take_is_logged_and_no_more(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        fake.faults.answer(403, 50007, method="POST", path=f"/channels/{fake.town.dm(ada).id}/messages")
        for words in (f"First. {WORDS}", f"Second. {WORDS}"):
            await fake.write(ada, fake.town.dm(ada), words)
            await bot.caught_up()
        assert len(private(fake, ada)) == 1
    assert "reply was refused" in caplog.messages
    assert "event failed" not in caplog.messages


async def test_of_several_files_one_is_taken_and_the_reply_says_so(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        files = [Handed(name, type=kind) for name, kind in (("a.png", "image/png"), ("b.ogg", "audio/ogg"))]
        for handed in (files, files[:1]):
            await fake.write(ada, fake.town.dm(ada), WORDS, handed)
            await bot.caught_up()
        assert ["I take one from each message" in reply.text for reply in private(fake, ada)] == [True, False]


async def test_a_card_in_private_messages_stays_about_its_group(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    here = server(fake)
    olga = here.owner
    guild = fake.town.add_guild("Other", olga)
    assert guild.system_channel
    there = Scene(fake, guild, olga, guild.system_channel)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, here)
        await there.found()
        fake.town.join(guild, ada)
        await there.do(ada, "join")
        await bot.wait(days=1)
        shown: list[Interaction] = []
        for group in ("Study", "Other"):
            home = await (await fake.command(ada, fake.town.dm(ada), "me")).answered()
            await bot.caught_up()  # what follows the first message
            await here.press(ada, home, group)
            shown.append(await (await fake.command(ada, fake.town.dm(ada), "today")).answered())
        form = await here.press(ada, shown[0], "Answer")  # she has turned to the other group by now
        refused = await here.fill(ada, form, text="")
        assert refused.answer
        assert refused.answer["type"] == MESSAGE
        form = await here.press(ada, refused, "Open it again")
        kept = await here.fill(ada, form, text=WORDS)
        assert kept.messages[0].buttons
    with closing(sqlite3.connect(tmp_path / "whetstone.db")) as db:
        assert db.execute("SELECT group_id FROM answers_kept").fetchall() == [(f"discord:{here.guild.id}",)]


async def test_what_was_begun_is_finished_when_the_bot_stops(
    fake: FakeDiscord, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = server(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        form = await scene.press(ada, scene.board(), "Answer")
        gate = bot.slow()
        sent = await fake.submit(ada, form, {"text": WORDS})
        await gate.reached.wait()
        asyncio.get_running_loop().call_soon(gate.open)
    assert sent.is_answered


def test_patience_leaves_room_for_the_way_to_discord() -> None:
    assert replies.PATIENCE <= 3 / 2
