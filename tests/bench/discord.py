"""
What Discord costs: a press, a post, and the memory of a server, each against discord.py alone.

Both bots are processes of their own. Each has a pretended Discord of its own, in this process, and they take turns.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from adapters.discord.translate import card_payload
from bot.clock import TurnedClock
from tests.adapters.discord.line import Scene, server
from tests.bench.discord_living import PROBLEM
from tests.bench.lines import Line, Sizes, under
from tests.bench.lives import Life
from tests.bench.lives import born as begun
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.town import Guild, Message, User
from tests.world import MORNING

READ, WRITE = "How it works", "Hint"  # buttons of the problem: nothing is written, something is
HINTS = 6  # presses after which no hint is new, so that all replies are the same
PRESSING = 10  # members who take turns
LONG_AGO = timedelta(days=60)
WITHIN = 60.0  # seconds for one answer, however busy the machine is
THREADS = 1_000_000  # that may stand open


@dataclass
class Bot(Life):
    """A bot in another process, and the Discord that it lives on."""

    fake: FakeDiscord

    async def press(self, user: User, message: Message, label: str) -> Message:
        """What the member sees then."""
        begun = await self.fake.press(user, message, label)
        (shown,) = (await begun.answered(WITHIN)).messages
        return shown


@asynccontextmanager
async def born(who: str, fake: FakeDiscord, folder: Path, *words: str) -> AsyncIterator[Bot]:
    """A bot that listens to this Discord."""
    given = {"TOKEN": fake.token, "API_BASE": fake.api_base, "GATEWAY_URL": fake.gateway_url}
    given = {f"DISCORD_{name}": value for name, value in given.items()}
    async with begun("tests.bench.discord_living", who, str(folder / who), *words, given=given) as life:
        yield Bot(life.process, fake)


def deeds(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """CPU of a press that reads and of one that writes, and of a post with its thread."""
    yield from asyncio.run(_deeds(folder / "discord", sizes))


def memory(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """What one more server takes in ours beyond what it takes in the bare bot: that is the library's own cache."""
    few, many = sizes.groups[0], sizes.groups[-1]
    each = {}
    for who in ("ours", "bare"):
        light, heavy = (asyncio.run(weight(who, folder / f"servers-{n}", n)) for n in (few, many))
        each[who] = (heavy - light) / (many - few)
    yield Line("discord.memory", each["ours"] - each["bare"], "bytes a server", each["bare"], note=f"{many} servers")


# --- processor time --------------------------------------------------------------------------------------


@dataclass
class Seat:
    """Where a bot is measured: a problem stands in a channel, and members look at it."""

    bot: Bot
    guild: Guild
    users: list[User]
    board: Message

    async def presses(self, label: str, times: int) -> float:
        """Milliseconds of the bot's process for one press: from its frame until the bot waits for the next one."""
        began = (await self.bot.ask("time"))["cpu"]
        for number in range(times):
            await self.bot.press(self.users[number % len(self.users)], self.board, label)
        return float((await self.bot.ask("time"))["cpu"] - began) / times

    async def posts(self, name: int, times: int) -> float:
        places = [(str(self.guild.id), str(self.board.channel.id))] * times
        return float((await self.bot.ask("post", places=places, name=name))["cpu"]) / times


async def _deeds(folder: Path, sizes: Sizes) -> list[Line]:
    async with AsyncExitStack() as stack:
        bots, scenes = [], []
        for who in ("ours", "bare"):
            fake = FakeDiscord(TurnedClock(MORNING), judge=False, active_threads=THREADS)
            scenes.append(server(await stack.enter_async_context(fake)))
            bots.append(await stack.enter_async_context(born(who, fake, folder)))
        ours = await _settled(bots[0], scenes[0], min(sizes.people, PRESSING))
        bare = _like(ours, bots[1], scenes[1])
        reading = await _presses("discord.press.read", READ, ours, bare, sizes)
        writing = await _presses("discord.press.write", WRITE, ours, bare, sizes)
        return [under(reading, 3, "ratio"), under(writing, 3, "ratio"), await _posts(ours, bare, sizes)]


async def _settled(bot: Bot, scene: Scene, members: int) -> Seat:
    """A group, so many members, its first problem, and all its hints opened."""
    await scene.found()
    users = [await scene.join(f"member {number}") for number in range(members)]
    await bot.ask("travel", minutes=10)
    for user in users * HINTS:
        await bot.press(user, scene.board(), WRITE)
    return Seat(bot, scene.guild, users, scene.board())


def _like(other: Seat, bot: Bot, scene: Scene) -> Seat:
    """The same for a bot that knows nothing: the problem stands there as if it had posted it."""
    town = bot.fake.town
    board = Message(town.next_id(), scene.channel, town.bot, town.clock.now())
    board.components, board.flags = other.board.components, other.board.flags
    board.attachments = other.board.attachments
    bot.fake.post(board)
    return Seat(bot, scene.guild, [scene.user(user.name) for user in other.users], board)


async def _presses(name: str, label: str, ours: Seat, bare: Seat, sizes: Sizes) -> Line:
    said = await ours.bot.press(ours.users[0], ours.board, label)
    await bare.bot.ask("say", reply=said.components)
    same = await bare.bot.press(bare.users[0], bare.board, label)
    assert _seen(same) == _seen(said), "the bare bot says something else"
    found = [
        (await ours.presses(label, sizes.units), await bare.presses(label, sizes.units))
        for _ in range(sizes.rounds // 2)
    ]
    return _best(name, found, f"a reply of {len(json.dumps(said.components))} characters")


async def _posts(ours: Seat, bare: Seat, sizes: Sizes) -> Line:
    await ours.posts(0, 1)
    said = ours.bot.fake.created[-1]
    await bare.bot.ask("say", reply=said.components)
    rounds = range(1, sizes.rounds // 2 + 1)
    found = [(await ours.posts(number, sizes.units), await bare.posts(number, sizes.units)) for number in rounds]
    same = bare.bot.fake.created[-1]
    assert _seen(same) == _seen(said), "the bare bot posts something else"
    assert said.thread, "the post has no thread"
    assert same.thread, "the bare bot's post has no thread"
    return _best("discord.post", found, "with its thread")


def _best(name: str, found: list[tuple[float, float]], note: str) -> Line:
    """Of several rounds: what else the machine does only adds."""
    return Line(name, min(mine for mine, _ in found), "ms CPU", min(its for _, its in found), note=note)


def _seen(message: Message) -> object:
    """What somebody sees and can press. The library also writes out what is so in any case."""
    buttons = [(button["label"], button["style"], button["custom_id"]) for button in message.buttons]
    return message.ephemeral, message.texts, buttons


# --- memory ----------------------------------------------------------------------------------------------


async def weight(who: str, folder: Path, servers: int) -> float:
    """Bytes that a bot holds when each of its servers has had a post with a thread, and a press."""
    async with FakeDiscord(TurnedClock(MORNING), judge=False) as fake:
        scenes = [server(fake) for _ in range(servers)]
        for scene in scenes:
            scene.guild.joined_at -= LONG_AGO  # else each is greeted
        async with born(who, fake, folder, "weigh") as bot:
            await bot.ask("know", servers=servers)
            await bot.ask("say", reply=card_payload([PROBLEM], name="bench").json["components"])
            places = [(str(scene.guild.id), str(scene.channel.id)) for scene in scenes]
            await bot.ask("post", places=places, name=0)
            for scene in scenes:
                await bot.press(scene.owner, scene.channel.newest(), READ)
            return float((await bot.ask("weigh"))["bytes"])
