"""A real bot on the pretended Discord: what the tests of the line share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord.connect import Discord, open_discord
from adapters.discord.gateway import Gateway
from adapters.discord.settings import DiscordSettings
from bot.app import App, open_app
from bot.clock import TurnedClock
from bot.config import Config
from bot.engine.outcome import Outcome
from bot.kernel.event import Event
from bot.kernel.ports import Platform
from tests.adapters.first_start import have_started
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.talk import Interaction
from tests.discord_fake.town import Channel, Guild, Message, User
from tests.world import catalogue, travel

PATIENT = 60.0  # seconds: in most tests nothing is put off, however slow the machine
UNHURRIED = 100_000.0  # requests in a second: the pretended Discord bears them
MARKER = "CHANNEL_PINS_UPDATE"  # an event that nobody uses: behind it, everything before it was heard
WORDS = "The mean is zero and the variance is one, so the scale of the input does not matter."


class Gate:
    """Holds the engine back until it is opened: a handler as slow as a test needs it."""

    def __init__(self, app: App) -> None:
        self._handle, self._open = app.engine.handle, asyncio.Event()
        self.reached = asyncio.Event()
        app.engine.handle = self._wait  # type: ignore[method-assign]

    async def _wait(self, event: Event) -> Outcome:
        self.reached.set()
        await self._open.wait()
        return await self._handle(event)

    def open(self) -> None:
        self._open.set()


@dataclass
class Bot:
    app: App
    line: Discord
    fake: FakeDiscord
    clock: TurnedClock

    def __post_init__(self) -> None:
        self._numbers, self._passed = count(1), dict[int, asyncio.Event]()
        self.line.client.listen(MARKER, lambda data: self._passed[data["number"]].set())

    @property
    def client(self) -> Gateway:
        return self.line.client

    async def caught_up(self) -> None:
        """Everything that the gateway said so far was heard and dealt with."""
        await self.heard()
        await self.line.lines.settled()
        await self.app.settle()

    async def heard(self) -> None:
        """Everything that the gateway said so far has arrived."""
        number = next(self._numbers)
        self._passed[number] = asyncio.Event()
        self.fake.gateway.push(MARKER, {"channel_id": "1", "number": number})
        await asyncio.wait_for(self._passed[number].wait(), 20)

    async def wait(self, **wait: int) -> None:
        await travel(self.app, self.clock, self.clock.now() + timedelta(**wait))

    def slow(self) -> Gate:
        return Gate(self.app)


def settings_for(fake: FakeDiscord, *, token: str = "", **asks: bool) -> DiscordSettings:
    given: dict[str, Any] = {"token": token or fake.token, "api_base": fake.api_base, "gateway_url": fake.gateway_url}
    return DiscordSettings(**{"_env_file": None, **given, **asks})


@asynccontextmanager
async def opened(
    fake: FakeDiscord, folder: Path, clock: TurnedClock, *, patience: float = PATIENT, silence: float = 60.0,
    per_second: float = UNHURRIED, token: str = "", **asks: bool,
) -> AsyncIterator[Bot]:  # fmt: skip
    """A bot with its data in `folder`, which may or may not reach Discord."""
    settings = settings_for(fake, token=token, **asks)
    config, platforms = Config(data=have_started(folder)), dict[str, Platform]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Route, "BASE", Route.BASE)
        patch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
        async with AsyncExitStack() as stack:
            app = await stack.enter_async_context(await open_app(config, platforms, clock, catalogue()))
            client = Gateway(settings, identify_wait=0, silence=silence)
            line = open_discord(app, platforms, settings, client=client, patience=patience, per_second=per_second)
            yield Bot(app, await stack.enter_async_context(line), fake, clock)


@asynccontextmanager
async def living(fake: FakeDiscord, folder: Path, clock: TurnedClock, **knobs: Any) -> AsyncIterator[Bot]:
    """The same, when it listens and Discord has its commands."""
    async with opened(fake, folder, clock, **knobs) as bot:
        await fake.gateway.connected()
        async with asyncio.timeout(20):
            await bot.line.synced.wait()
        await bot.caught_up()
        yield bot


@dataclass
class Scene:
    """A server, its owner, and the channel in which the group meets."""

    fake: FakeDiscord
    guild: Guild
    owner: User
    channel: Channel

    def user(self, name: str) -> User:
        user = self.fake.town.add_user(name)
        self.fake.town.join(self.guild, user)
        return user

    async def do(self, user: User, command: str, **options: str) -> Interaction:
        return await (await self.fake.command(user, self.channel, command, options)).answered()

    async def press(self, user: User, seen: Interaction | Message, label: str) -> Interaction:
        return await (await self.begin_press(user, seen, label)).answered()

    async def begin_press(self, user: User, seen: Interaction | Message, label: str) -> Interaction:
        """Press the button with this label, in the newest message that has one, and do not wait."""
        messages = [seen] if isinstance(seen, Message) else seen.messages
        for message in reversed(messages):
            if any(button["label"] == label for button in message.buttons):
                return await self.fake.press(user, message, label)
        there = [button["label"] for message in messages for button in message.buttons]
        raise AssertionError(f"no button “{label}”; there are {there}")

    async def fill(self, user: User, form: Interaction, **values: Any) -> Interaction:
        return await (await self.fake.submit(user, form, values)).answered()

    async def found(self) -> None:
        """The owner sets the group up."""
        begun = await self.do(self.owner, "begin")
        form = await self.press(self.owner, begun, "Use this channel, Mon-Fri 09:00")
        await self.fill(self.owner, form, city="Berlin")

    async def join(self, name: str) -> User:
        user = self.user(name)
        await self.do(user, "join")
        return user

    def board(self) -> Message:
        """The newest message with a problem."""
        return [m for m in self.channel.messages.values() if any(b["label"] == "Answer" for b in m.buttons)][-1]

    async def answer(self, user: User, words: str = WORDS) -> Interaction:
        form = await self.press(user, self.board(), "Answer")
        return await self.fill(user, form, text=words)


def server(fake: FakeDiscord) -> Scene:
    owner = fake.town.add_user("olga")
    guild = fake.town.add_guild("Study", owner)
    assert guild.system_channel
    return Scene(fake, guild, owner, guild.system_channel)


async def with_a_problem(bot: Bot, scene: Scene) -> User:
    """The group is set up, Ada is a member, and the first problem of the group has been posted."""
    await scene.found()
    ada = await scene.join("ada")
    await bot.wait(minutes=10)
    return ada


def private(fake: FakeDiscord, user: User) -> list[Message]:
    """What the bot wrote to somebody, oldest first."""
    return list(fake.town.messages_of(user))
