"""What was written while the bot was away is read when it is back, and nothing is read twice."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.slack import catchup as catchup_module
from adapters.slack.catchup import Catchup
from bot.clock import TurnedClock
from bot.engine import outages
from bot.engine.outcome import Outcome
from bot.kernel.event import Event, Said, Told
from tests.adapters.slack.line import WORDS, Bot, Scene, living, private, with_a_problem, workspace
from tests.slack_fake.faults import Kind, Planned
from tests.slack_fake.payloads import as_kept
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.town import Channel, Message, User

OTHERS = "Scaling the input changes nothing, because the mean and the variance stay as they are."
SOON = 20.0  # seconds after which a test gives up


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeSlack]:
    async with FakeSlack(clock) as fake:
        yield fake
        assert fake.verdicts == []


def unheard(fake: FakeSlack, user: User, channel: Channel, text: str, thread_ts: str = "") -> Message:
    """Slack has told of it as often as it does, and nobody listened."""
    message = Message(fake.town.next_ts(), channel, user, fake.clock.now(), as_kept(text), thread_ts=thread_ts)
    channel.messages[message.ts] = message
    return message


def change_unheard(fake: FakeSlack, message: Message, text: str) -> None:
    message.text, message.edited = as_kept(text), fake.town.next_ts()


async def back(bot: Bot) -> None:
    """The bot has read on."""
    async with asyncio.timeout(SOON):
        while not (bot.line.catchup and bot.line.catchup._round):  # noqa: ASYNC110 - it begins a moment after the line
            await asyncio.sleep(0.01)
    await bot.caught_up()


def said(events: list[Event]) -> list[str | None]:
    return [event.what.text for event in events if isinstance(event.what, Said)]


def told(events: list[Event]) -> list[str]:
    return [event.what.text for event in events if isinstance(event.what, Told)]


def answers(fake: FakeSlack, user: User) -> int:
    return sum("Is this your answer" in message.words for message in private(fake, user))


async def begun(fake: FakeSlack, folder: Path, clock: TurnedClock) -> tuple[Scene, User]:
    """A life of the bot in which Ada joined a group."""
    scene = workspace(fake)
    async with living(fake, folder, clock) as bot:
        return scene, await with_a_problem(bot, scene)


# --- after a start -----------------------------------------------------------------------------------


async def test_what_was_written_while_the_bot_was_off_is_answered(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock
) -> None:
    scene, ada = await begun(fake, tmp_path, clock)
    board = scene.board()
    clock.go(timedelta(minutes=10))
    unheard(fake, ada, fake.town.im(ada), WORDS)
    unheard(fake, ada, scene.channel, OTHERS, board.ts)
    at = clock.now()
    clock.go(timedelta(minutes=10))
    async with living(fake, tmp_path, clock) as bot:
        await back(bot)
        assert (told(bot.events), said(bot.events)) == ([WORDS], [OTHERS])
        assert max(abs(event.at - at) for event in bot.events) < timedelta(seconds=1), "it counts when it was written"
        assert answers(fake, ada) == 1
    for _ in range(2):
        async with living(fake, tmp_path, clock) as bot:
            await back(bot)
            assert bot.events == []
    assert answers(fake, ada) == 1


async def test_what_slack_tells_no_more_is_read(fake: FakeSlack, tmp_path: Path, clock: TurnedClock) -> None:
    _, ada = await begun(fake, tmp_path, clock)
    fake.socket.keep_time()
    await fake.write(ada, None, WORDS, wait=False)
    async with asyncio.timeout(SOON):
        while fake.socket.unacked:
            clock.go(timedelta(minutes=5))
            await asyncio.sleep(0.05)
    async with living(fake, tmp_path, clock) as bot:
        await back(bot)
        assert told(bot.events) == [WORDS]
        assert answers(fake, ada) == 1


async def test_what_was_heard_live_is_not_read_again(fake: FakeSlack, tmp_path: Path, clock: TurnedClock) -> None:
    scene = workspace(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        message = (await fake.write(ada, None, WORDS)).message
        reply = (await fake.write(ada, scene.channel, WORDS, scene.board().ts)).message
        gone = (await fake.write(ada, scene.channel, OTHERS, scene.board().ts)).message
        assert message
        assert reply
        assert gone
        await fake.edit(message, OTHERS)
        await fake.edit(reply, OTHERS)
        await fake.delete(gone)
        await bot.caught_up()
    async with living(fake, tmp_path, clock) as bot:
        await back(bot)
        assert bot.events == []


async def test_what_was_changed_or_taken_back_while_the_bot_was_off_is_noticed(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = workspace(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        board = scene.board()
        written = [(await fake.write(ada, scene.channel, WORDS, board.ts)).message for _ in range(2)]
        letter = (await fake.write(ada, None, WORDS)).message
        await bot.caught_up()
    changed, gone = written
    assert changed
    assert gone
    assert letter
    change_unheard(fake, changed, OTHERS)
    change_unheard(fake, letter, OTHERS)
    del scene.channel.messages[gone.ts]
    async with living(fake, tmp_path, clock) as bot:
        await back(bot)
        assert (told(bot.events), said(bot.events)) == ([OTHERS], [OTHERS, None])
        deleted = bot.events[-1]
        assert isinstance(deleted.what, Said)
        assert (deleted.what.receipt, deleted.person.id) == (gone.receipt, ada.id)
    async with living(fake, tmp_path, clock) as bot:
        await back(bot)
        assert bot.events == []


@pytest.mark.parametrize("why", ["no scope", "the post is gone", "not the whole thread", "an empty page"])
async def test_nothing_is_taken_back_where_the_page_is_not_certain(
    why: str, fake: FakeSlack, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = workspace(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        board = scene.board()
        reply = (await fake.write(ada, scene.channel, WORDS, board.ts)).message
        other = (await fake.write(ada, scene.channel, WORDS, board.ts)).message
    assert reply
    assert other
    del scene.channel.messages[reply.ts]
    match why:
        case "no scope":
            fake.scopes -= {"channels:history"}
        case "the post is gone":
            fake.take_away(board)
        case "not the whole thread":
            fake.largest_page = 1
            monkeypatch.setattr(catchup_module, "PAGES", 1)
        case _:
            empty = {"ok": True, "messages": [], "has_more": False}
            fake.faults._plan(Planned(Kind.ANSWER, "conversations.replies", 99, body=empty))
    async with living(fake, tmp_path, clock) as bot:
        await back(bot)
        assert bot.events == []


async def test_without_the_scope_for_threads_private_messages_are_read(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock
) -> None:
    scene, ada = await begun(fake, tmp_path, clock)
    fake.scopes -= {"channels:history", "groups:history"}
    unheard(fake, ada, fake.town.im(ada), WORDS)
    unheard(fake, ada, scene.channel, OTHERS, scene.board().ts)
    async with living(fake, tmp_path, clock) as bot:
        await back(bot)
        assert (told(bot.events), said(bot.events)) == ([WORDS], [])
        assert len(fake.sent("conversations.replies")) == 1, "once for a channel"


async def test_long_conversations_are_read_page_by_page(fake: FakeSlack, tmp_path: Path, clock: TurnedClock) -> None:
    scene, ada = await begun(fake, tmp_path, clock)
    board = scene.board()
    letters = [f"{WORDS} {number}" for number in range(5)]
    for text in letters:
        unheard(fake, ada, fake.town.im(ada), text)
        unheard(fake, ada, scene.channel, text, board.ts)
    fake.largest_page = 2
    async with living(fake, tmp_path, clock) as bot:
        await back(bot)
        assert (told(bot.events), said(bot.events)) == (letters, letters)


async def test_an_answer_that_stands_is_not_written_again(fake: FakeSlack, tmp_path: Path, clock: TurnedClock) -> None:
    """The process died after it had answered and before that was noted, or an older database was put back."""
    scene = workspace(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await fake.write(ada, None, WORDS)
        await bot.caught_up()
        await bot.app.store.run(lambda tx: tx.run("DELETE FROM inbox"))
    async with living(fake, tmp_path, clock) as bot:
        await back(bot)
        assert told(bot.events) == [WORDS]
        assert answers(fake, ada) == 1


async def test_who_was_erased_is_not_brought_back_by_what_they_wrote(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock
) -> None:
    scene = workspace(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await fake.write(ada, None, WORDS)
        await fake.write(ada, scene.channel, WORDS, scene.board().ts)
        await fake.press(ada, scene.board(), "0:members.erase_now", forged=True)
        await bot.caught_up()
    async with living(fake, tmp_path, clock) as bot:
        await back(bot)
        rows = await bot.app.store.read(lambda tx: tx.all("SELECT member FROM roster_people"))
        assert ada.id not in {row["member"] for row in rows}


async def test_one_message_that_breaks_something_keeps_none_of_the_others_from_being_read(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    _, ada = await begun(fake, tmp_path, clock)
    for text in (OTHERS, WORDS):
        unheard(fake, ada, fake.town.im(ada), text)
    async with living(fake, tmp_path, clock) as bot:
        handle = bot.app.engine.handle

        async def odd(event: Event) -> Outcome:
            if isinstance(event.what, Told) and event.what.text == OTHERS:
                raise ValueError("odd")
            return await handle(event)

        bot.app.engine.handle = odd  # type: ignore[method-assign]
        await back(bot)
        assert told(bot.events) == [WORDS]
    assert "message not read again" in caplog.messages


@pytest.mark.parametrize("how", ["limited", "broken", "in trouble"])
async def test_what_cannot_be_read_at_once_is_read_a_moment_later(
    how: str, fake: FakeSlack, tmp_path: Path, clock: TurnedClock
) -> None:
    _, ada = await begun(fake, tmp_path, clock)
    unheard(fake, ada, fake.town.im(ada), WORDS)
    match how:
        case "limited":
            fake.faults.throttle(1, "conversations.history")
        case "broken":
            fake.faults.reset_before("conversations.history")
        case _:
            fake.faults.refuse("internal_error", "conversations.open")
    async with living(fake, tmp_path, clock) as bot:
        await back(bot)
        assert told(bot.events) == [WORDS]


async def test_what_a_start_did_not_come_to_read_is_read_at_the_next_one(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short run has read nothing to its end, so the break before it counts."""
    scene = workspace(fake)
    start = clock.now()
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await fake.write(ada, None, OTHERS)
        await bot.wait(days=1)
        await bot.app.store.run(lambda tx: outages.beat(tx, start, clock.now()))
    clock.go(timedelta(hours=5))
    unheard(fake, ada, fake.town.im(ada), WORDS)
    clock.go(timedelta(days=9))
    with monkeypatch.context() as patch:
        patch.setattr(Catchup, "_read_on", never)
        async with living(fake, tmp_path, clock) as bot:
            begin = clock.now()
            clock.go(timedelta(minutes=10))
            await bot.app.store.run(lambda tx: outages.beat(tx, begin, clock.now()))
    async with living(fake, tmp_path, clock) as bot:
        await back(bot)
        assert told(bot.events) == [WORDS]


async def never(self: Catchup, lost: datetime | None) -> None:
    await asyncio.Event().wait()


# --- after a break ----------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [0, 10])
async def test_after_a_break_that_is_longer_than_slacks_patience_it_is_read_too(
    minutes: int, fake: FakeSlack, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes: list[bool] = []
    hears = Catchup.hears

    def note(self: Catchup, *, connected: bool) -> None:
        hears(self, connected=connected)
        changes.append(connected)

    async def until(wanted: list[bool]) -> None:
        async with asyncio.timeout(SOON):
            while changes != wanted:  # noqa: ASYNC110 - nobody else waits for it
                await asyncio.sleep(0.01)

    monkeypatch.setattr(Catchup, "hears", note)
    scene = workspace(fake)
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, scene)
        await until([True])
        fake.is_socket_disabled = True
        fake.socket.abort()
        await until([True, False])
        unheard(fake, ada, fake.town.im(ada), WORDS)
        clock.go(timedelta(minutes=minutes))
        fake.is_socket_disabled = False
        await until([True, False, True])
        await bot.caught_up()
        assert told(bot.events) == ([WORDS] if minutes else []), "of a short one Slack tells by itself"
