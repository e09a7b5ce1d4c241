"""While nobody knows whether a message stands, nothing that people write below it or do in it is lost or said twice."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.slack import replies, talk
from bot.clock import TurnedClock
from bot.engine.outbox import LEASE
from bot.kernel.calendar import stamp
from bot.kernel.event import Said
from tests.adapters.slack.line import WORDS, Bot, Scene, living, private, with_a_problem, workspace
from tests.slack_fake.payloads import as_kept
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.town import Message, User

SOON = 20.0  # seconds after which a test gives up
OTHERS = "Scaling the input changes nothing, because the mean and the variance stay as they are."


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeSlack]:
    async with FakeSlack(clock) as fake:
        yield fake
        assert fake.verdicts == []


# --- replies below a post in doubt -----------------------------------------------------------------


@asynccontextmanager
async def killed(fake: FakeSlack, folder: Path, clock: TurnedClock) -> AsyncIterator[tuple[Bot, Scene, User]]:
    """A group with open threads, whose first problem stands. Whoever posted it died before that was noted."""
    async with living(fake, folder, clock) as bot:
        scene = workspace(fake, bot)
        await scene.found()
        ada = await scene.join("ada")
        await scene.press(scene.owner, await scene.do(scene.owner, "organise"), "Use open threads")
        fake.faults.reset_after("chat.postMessage")
        while not scene.has_board():
            clock.set(await bot.app.next_due() or clock.now())
            await bot.app.pulse()
        lease = stamp(clock.now() + LEASE)
        dead = "UPDATE outbox SET owner = 'dead', lease = :lease WHERE receipt IS NULL AND attempts > 0"
        assert await bot.app.store.run(lambda tx: tx.run(dead, lease=lease)) == 1
        bot.events.clear()
        yield bot, scene, ada


def said(bot: Bot) -> list[str | None]:
    return [event.what.text for event in bot.events if isinstance(event.what, Said)]


async def lapse(bot: Bot) -> None:
    """The dead process holds its post no longer, so the next one looks for it."""
    bot.clock.go(timedelta(minutes=2))
    await bot.caught_up()


async def kept(bot: Bot) -> list[str]:
    rows = await bot.app.store.read(lambda tx: tx.all("SELECT text FROM answers_kept WHERE state = 'kept'"))
    return [row["text"] for row in rows]


async def test_a_reply_below_a_post_of_a_dead_process_is_an_answer_as_soon_as_the_post_is_known(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock
) -> None:
    async with killed(fake, tmp_path, clock) as (bot, scene, ada):
        written = await fake.write(ada, scene.channel, WORDS, scene.board().ts)
        assert written.ack is not None, "Slack does not wait for it"
        await bot.caught_up()
        assert said(bot) == [], "nobody knows yet whose it is"
        await lapse(bot)
        assert (said(bot), await kept(bot)) == ([WORDS], [WORDS])
        await lapse(bot)
        await fake.redeliver(written)
        await bot.caught_up()
        assert await kept(bot) == [WORDS]


async def test_such_a_reply_counts_as_it_stands_when_the_post_is_known(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock
) -> None:
    async with killed(fake, tmp_path, clock) as (bot, scene, ada):
        changed, gone = [(await fake.write(ada, scene.channel, WORDS, scene.board().ts)).message for _ in range(2)]
        assert changed
        assert gone
        await fake.edit(changed, OTHERS)
        await fake.delete(gone)
        await bot.caught_up()
        await lapse(bot)
        assert await kept(bot) == [OTHERS]


async def test_what_was_written_below_it_while_no_bot_was_there_is_read_when_the_post_is_known(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock
) -> None:
    async with killed(fake, tmp_path, clock) as (_, scene, ada):
        board = scene.board()
    unheard = Message(fake.town.next_ts(), scene.channel, ada, clock.now(), as_kept(WORDS), thread_ts=board.ts)
    scene.channel.messages[unheard.ts] = unheard
    clock.go(timedelta(seconds=10))
    async with living(fake, tmp_path, clock) as bot:
        await bot.caught_up()
        assert await kept(bot) == []
        await lapse(bot)
        assert await kept(bot) == [WORDS]


async def test_a_reply_that_cannot_be_read_at_once_is_read_a_moment_later(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock
) -> None:
    async with killed(fake, tmp_path, clock) as (bot, scene, ada):
        await fake.write(ada, scene.channel, WORDS, scene.board().ts)
        await bot.caught_up()
        fake.faults.status(503, "conversations.replies")
        await lapse(bot)
        assert await kept(bot) == [WORDS]


async def test_a_reply_that_is_heard_while_its_post_is_being_noted_is_an_answer(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack had shown the post, and it was noted between the look whether it is known and what follows from that."""

    async def too_early(self: replies.Replies, receipt: str) -> bool:
        return False

    async with killed(fake, tmp_path, clock) as (bot, scene, ada):
        await lapse(bot)
        with monkeypatch.context() as patch:
            patch.setattr(replies.Replies, "_is_settled", too_early)
            await fake.write(ada, scene.channel, WORDS, scene.board().ts)
        await bot.caught_up()
        assert await kept(bot) == [WORDS]


# --- presses in private messages ---------------------------------------------------------------------


def troubles(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What is said of deliveries and answers; on a loaded machine others complain, too."""
    ours = {f"adapters.slack.{part}" for part in ("listening", "replies", "talk")}
    return [one for one in caplog.records if one.name in ours and one.levelno >= logging.WARNING]


async def offered(fake: FakeSlack, bot: Bot) -> tuple[Scene, User, Message]:
    """Ada has been asked in private whether her words are her answer."""
    scene = workspace(fake)
    ada = await with_a_problem(bot, scene)
    await fake.write(ada, None, WORDS)
    async with asyncio.timeout(SOON):
        while not (bot.line.catchup and bot.line.catchup._round):  # noqa: ASYNC110 - it reads once, and no fault is for it
            await asyncio.sleep(0.01)
    await bot.caught_up()
    [asked] = private(fake, ada)
    return scene, ada, asked


@pytest.mark.parametrize("how", ["done", "not done", "done, status 503", "status 503"])
async def test_the_answer_to_a_private_press_stands_once_though_it_was_in_doubt(
    how: str, fake: FakeSlack, tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with living(fake, tmp_path, clock) as bot:
        scene, ada, asked = await offered(fake, bot)
        match how:
            case "done":
                fake.faults.reset_after("chat.postMessage")
            case "not done":
                fake.faults.reset_before("chat.postMessage")
            case _:
                fake.faults.status(503, "chat.postMessage", after=how.startswith("done"))
        await scene.press(ada, asked, "Use as my answer")
        await bot.caught_up()
        answers = [one.words for one in private(fake, ada) if one is not asked]
        assert len(answers) == 1
        assert "Your answer is kept." in answers[0]
        assert troubles(caplog) == []


async def test_a_press_whose_answer_stays_in_doubt_is_one_line_in_the_log_that_says_what_happens(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with living(fake, tmp_path, clock) as bot:
        scene, ada, asked = await offered(fake, bot)
        fake.faults.reset_before("chat.postMessage", times=9)
        await scene.press(ada, asked, "Use as my answer")
        await bot.caught_up()
    [line] = troubles(caplog)
    assert (line.levelname, line.exc_info) == ("WARNING", None)
    assert line.message == "answer not delivered; the deed is kept"
    assert line.__dict__["workspace"] == "Study"


async def test_where_even_looking_fails_the_member_reads_that_the_deed_is_kept(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock
) -> None:
    async with living(fake, tmp_path, clock) as bot:
        scene, ada, asked = await offered(fake, bot)
        fake.faults.reset_before("chat.postMessage")
        fake.faults.status(503, "conversations.history")
        await scene.press(ada, asked, "Use as my answer")
        await bot.caught_up()
        [said] = [one.words for one in private(fake, ada) if one is not asked]
        assert "What you did is kept." in said
        assert "went wrong" not in said


async def test_an_event_that_the_network_breaks_is_one_line_in_the_log_that_says_what_happens(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, workspace(fake))
        fake.faults.reset_before("chat.postMessage")
        told = await fake.write(ada, None, WORDS, wait=False)
        await bot.caught_up()
        assert told.ack is None
        [line] = troubles(caplog)
        assert (line.levelname, line.exc_info) == ("WARNING", None)
        assert line.message == "not done for now; Slack tells of it again"
        fake.socket.retry()
        await told.answered()
        await bot.caught_up()
        assert len(private(fake, ada)) == 1


async def test_an_answer_behind_a_page_of_newer_messages_is_found(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock
) -> None:
    async with living(fake, tmp_path, clock) as bot:
        ada = await with_a_problem(bot, workspace(fake))
        fake.largest_page = 2
        fake.faults.reset_after("chat.postMessage")
        gate = bot.slow()
        told = await fake.write(ada, None, OTHERS, wait=False)
        await gate.reached.wait()
        for _ in range(5):  # a reader who goes forward from hers comes by these first
            more = Message(fake.town.next_ts(), fake.town.im(ada), ada, clock.now(), "And more.")
            fake.town.im(ada).messages[more.ts] = more
        gate.open()
        await told.until(lambda: told.posts)
        await bot.caught_up()
        fake.socket.retry()
        await told.answered()
        await bot.caught_up()
        assert len(private(fake, ada)) == 1


async def test_what_goes_to_private_messages_because_the_address_is_over_stands_once_too(
    fake: FakeSlack, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def over(*_: object) -> None:
        raise talk.NotSaid("over")

    async with living(fake, tmp_path, clock) as bot:
        scene = workspace(fake)
        ada = await with_a_problem(bot, scene)
        monkeypatch.setattr(talk.Talk, "_send", over)
        fake.faults.reset_after("chat.postMessage")
        await scene.press(ada, scene.board(), "Read answers")
        await bot.caught_up()
        assert len(private(fake, ada)) == 1
