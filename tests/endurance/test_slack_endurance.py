"""
The bot on a pretended Slack, killed at random moments of a busy day: nobody loses anything, nothing is said twice.

`make endure N=200 ARGS="--platform slack"` is the same for longer, and without the scopes of history with
`--no-history`. With `--mutant` it finds each of the mistakes in `slack_mutants.py`; 40 kills are enough.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import TurnedClock
from tests.adapters.slack.line import Bot, Scene, labels, living, private, workspace
from tests.endurance.__main__ import show
from tests.endurance.day import MEMBERS, DayPlan
from tests.endurance.slack_harness import endure_slack
from tests.endurance.week import SUNDAY
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.town import Message, User

SMALL = DayPlan(groups=3)  # one is private, one has open threads
WORDS = "Sorting first is right, because the order makes the rest easy."


async def test_six_kills_on_a_busy_day_lose_nothing_and_double_nothing(folder: Path) -> None:
    figures = await endure_slack(folder, seed=1, kills=6, steps=15, plan=SMALL)
    assert figures.wrong == [], show(figures, "day")
    assert figures.kills == 6
    assert figures.doubles_in_doubt == []
    # What was counted was there to be lost.
    assert figures.dropped > 0
    assert figures.posts >= figures.weeks * 3 * SMALL.groups
    assert figures.answers > figures.weeks * SMALL.groups * MEMBERS * 0.8


async def test_without_history_only_what_was_in_doubt_stands_twice_and_nothing_is_lost(folder: Path) -> None:
    """Chance may spare one day, so it gets a few."""
    for seed in range(6):
        figures = await endure_slack(
            folder / str(seed), seed, kills=2, history=False, ambiguous=0.3, steps=15, plan=DayPlan(groups=2)
        )
        assert figures.wrong == [], show(figures, "day")
        if figures.doubles_in_doubt:
            return
    pytest.fail("nothing stands twice, so the verdict of this test says nothing")


async def test_doubt_that_is_taken_for_a_no_is_counted(quick_folder: Path) -> None:
    """The same here."""
    for seed in range(6):
        figures = await endure_slack(
            quick_folder / str(seed), seed, kills=2, mutant="takes doubt for a no", ambiguous=0.3, steps=15,
            plan=DayPlan(groups=2), enough=True,
        )  # fmt: skip
        if figures.doubles:
            return
    pytest.fail("a bot that takes doubt for a no passes for a sound one")


# --- what the run leaves out, because it is lost ---------------------------------------------------------


@asynccontextmanager
async def openly(fake: FakeSlack, folder: Path, clock: TurnedClock) -> AsyncIterator[tuple[Bot, Scene, User]]:
    """A group with open threads, and Ada in it; the day before its first problem."""
    async with living(fake, folder, clock) as bot:
        scene = workspace(fake, bot)
        await scene.found()
        ada = await scene.join("ada")
        await scene.press(scene.owner, await scene.do(scene.owner, "organise"), "Use open threads")
        yield bot, scene, ada


async def kept(bot: Bot) -> list[str]:
    rows = await bot.app.store.read(lambda tx: tx.all("SELECT text FROM answers_kept WHERE state = 'kept'"))
    return [row["text"] for row in rows]


async def test_a_reply_below_a_post_in_doubt_is_an_answer(quick_folder: Path) -> None:
    clock = TurnedClock(SUNDAY)
    async with FakeSlack(clock) as fake, openly(fake, quick_folder, clock) as (bot, scene, ada):
        fake.faults.reset_after("chat.postMessage")
        clock.set(SUNDAY + timedelta(days=1, hours=2))
        for _ in range(3):
            await bot.app.pulse()
        await fake.write(ada, scene.channel, WORDS, scene.board().ts)
        await bot.wait(minutes=2)
        assert await kept(bot) == [WORDS]


async def test_a_private_message_that_slack_gave_up_on_is_answered_when_the_bot_is_back(quick_folder: Path) -> None:
    clock = TurnedClock(SUNDAY)
    async with FakeSlack(clock) as fake:
        async with openly(fake, quick_folder, clock) as (bot, _, ada):
            clock.set(SUNDAY + timedelta(days=1, hours=2))
            await bot.caught_up()
        channel = fake.town.im(ada)
        message = Message(fake.town.next_ts(), channel, ada, clock.now(), WORDS)
        channel.messages[message.ts] = message  # and no event: Slack asks for a few minutes only
        clock.go(timedelta(hours=1))
        async with living(fake, quick_folder, clock) as bot:
            await bot.caught_up()
            assert any(one.ts > message.ts and "Use as my answer" in labels(one) for one in private(fake, ada))
