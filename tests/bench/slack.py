"""
What Slack costs: a press, against aiohttp alone.

Both bots are processes of their own. Each has a pretended Slack of its own, in this process, and they take turns.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp

from bot.clock import TurnedClock
from bot.kernel.action import Action
from tests.adapters.slack.line import Scene, labels, where, workspace
from tests.bench.lines import Line, Sizes, under
from tests.bench.lives import Json, Life, born
from tests.bench.slack_living import QUIET
from tests.slack_fake.deeds import Deed
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.town import Message, User
from tests.world import MORNING

READ, WRITE = "How it works", "Hint"  # buttons of the problem: nothing is written, something is
HINTS = 6  # presses after which no hint is new, so that all replies are the same
PRESSING = 10  # members who take turns
OPENING = 10  # minutes after which the problem stands there
WITHIN = 60.0  # seconds for one answer, however busy the machine is


@dataclass
class Seat:
    """Where a bot is measured: a problem stands in a channel, and members look at it."""

    bot: Life
    fake: FakeSlack
    scene: Scene
    users: list[User]
    board: Message

    async def press(self, user: User, label: str) -> Deed:
        """The deed, when the member has seen the answer to it; there is none to QUIET."""
        if label == QUIET:
            return await self.fake.press(user, self.board, f"0:{Action.to(QUIET).encode()}", forged=True)
        return await shown(await self.fake.press(user, self.board, label))

    async def presses(self, label: str, times: int) -> float:
        """Milliseconds of the bot's process for one: from its frame until the bot waits for the next one."""

        async def one(number: int) -> None:
            await self.press(self.users[number % len(self.users)], label)

        return await self._cost(one, times)

    async def posts(self, deed: Deed, door: str, times: int) -> float:
        """The same where the deed comes again and again by HTTP."""
        url = self.fake.response_urls[deed.payload["response_url"].rpartition("/")[2]]
        form, seen = {"payload": json.dumps(deed.payload)}, len(deed.ephemerals)
        async with aiohttp.ClientSession() as session:

            async def one(number: int) -> None:
                url.uses = 0
                async with session.post(door, data=form) as answer:
                    assert answer.status == 200
                await deed.until(lambda: not seen or len(deed.ephemerals) > seen + number, WITHIN)

            return await self._cost(one, times)

    async def _cost(self, one: Callable[[int], Awaitable[None]], times: int) -> float:
        began = (await self.bot.ask("time"))["cpu"]
        for number in range(times):
            await one(number)
        return float((await self.bot.ask("time"))["cpu"] - began) / times


def deeds(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """CPU of a press that is only acknowledged, and of presses that are answered by a call: one reads, one writes."""
    yield from asyncio.run(_deeds(folder, sizes))


async def _deeds(folder: Path, sizes: Sizes) -> list[Line]:
    async with _bot("ours", folder) as (bot, fake), _bot("bare", folder) as (other, beside):
        ours = await _settled(bot, fake, min(sizes.people, PRESSING))
        bare = _like(ours, other, beside)
        return [
            under(await _presses(f"slack.press.{name}", label, ours, bare, sizes), limit, "ratio")
            for name, label, limit in (("quiet", QUIET, 3), ("read", READ, 4.5), ("write", WRITE, 4.5))
        ]


@asynccontextmanager
async def _bot(who: str, folder: Path) -> AsyncIterator[tuple[Life, FakeSlack]]:
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(FakeSlack(TurnedClock(MORNING), judge=False, patience=WITHIN))
        tokens = {"SLACK_BOT_TOKEN": fake.bot_token, "SLACK_APP_TOKEN": fake.app_token}
        words = ("tests.bench.slack_living", who, str(folder / f"slack-{who}"))
        yield await stack.enter_async_context(born(*words, given={**tokens, "SLACK_API_BASE": fake.api_base})), fake


async def shown(deed: Deed) -> Deed:
    return await deed.until(lambda: deed.shown, WITHIN)


async def _settled(bot: Life, fake: FakeSlack, members: int) -> Seat:
    """A group, so many members, its first problem, and all its hints opened."""
    scene = workspace(fake)
    begun = await shown(await fake.command(scene.owner, scene.channel, "/study"))
    found = "Use this channel, Mon-Fri 09:00"
    await shown(await fake.press(scene.owner, where(begun, found), found))
    users = _users(scene, members)
    for user in users:
        await shown(await fake.command(user, scene.channel, "/study", "join"))
    assert isinstance(fake.clock, TurnedClock)
    for minutes in (OPENING, *(20 * (1,))):  # what the pace or a slow machine held back comes in one of these
        fake.clock.go(timedelta(minutes=minutes))
        await bot.ask("travel", minutes=minutes)
        if scene.has_board():
            break
    seat = Seat(bot, fake, scene, users, scene.board())
    for user in users * HINTS:
        await seat.press(user, WRITE)
    return seat


def _users(scene: Scene, members: int) -> list[User]:
    users = [scene.fake.town.add_user(f"member {number}") for number in range(members)]
    scene.channel.members |= {user.id: user for user in users}
    return users


def _like(other: Seat, bot: Life, fake: FakeSlack) -> Seat:
    """The same for a bot that knows nothing: the problem stands there as if it had posted it."""
    scene = workspace(fake)
    board = Message(fake.town.next_ts(), scene.channel, fake.town.bot, other.board.at, other.board.text)
    board.blocks, board.metadata = other.board.blocks, other.board.metadata
    scene.channel.messages[board.ts] = board
    return Seat(bot, fake, scene, _users(scene, len(other.users)), board)


async def _presses(name: str, label: str, ours: Seat, bare: Seat, sizes: Sizes) -> Line:
    said = await ours.press(ours.users[0], label)
    reply: Json = ours.fake.sent("response_url")[-1].args if said.shown else {}
    door = (await bare.bot.ask("say", reply=reply))["door"]
    same = await bare.press(bare.users[0], label)
    assert _seen(same) == _seen(said), "the bare bot says something else"
    found = [
        (
            await ours.presses(label, sizes.units),
            await bare.posts(same, door, sizes.units),
            await bare.presses(label, sizes.units),
        )
        for _ in range(sizes.rounds // 2)
    ]  # fmt: skip
    mine, by_http, by_socket = map(min, zip(*found, strict=True))  # what else the machine does only adds
    note = f"a reply of {len(json.dumps(reply))} characters" if reply else "no reply"
    return Line(name, mine, "ms CPU", by_http, note=f"{note}; by a bare connection {by_socket:.2g} ms")


def _seen(deed: Deed) -> object:
    """What somebody sees and can press."""
    return [(message.words, labels(message), message.ephemeral) for message in deed.shown]
