"""A real bot on the pretended Slack: what the tests of the line share."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from adapters.slack.connect import Line, open_slack
from adapters.slack.settings import SlackSettings, Workspace
from adapters.slack.web import Limits
from bot.app import App, open_app
from bot.clock import TurnedClock
from bot.config import Config
from bot.engine.outcome import Outcome
from bot.kernel.event import Event
from bot.kernel.ports import Platform
from tests.adapters.first_start import have_started
from tests.slack_fake.deeds import Deed
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.town import Channel, Message, User, View
from tests.world import catalogue, travel

PATIENT = 60.0  # seconds: in most tests nothing is late, however slow the machine
QUICK = 0.1  # of the usual waits between attempts to connect; signs of life must reach a busy machine in time
# Paces are kept on the machine's clock, and these tests have another.
UNHURRIED = Limits((1_000, 1.0), (1_000, 1.0), dict.fromkeys((2, 3, 4), (1_000, 1.0)))
WORDS = "The mean is zero and the variance is one, so the scale of the input does not matter."


class Gate:
    """Holds the engine back until it is opened: a handler as slow as a test needs it. `first_only`: the next one."""

    def __init__(self, app: App, *, first_only: bool) -> None:
        self._handle, self._open, self._first_only = app.engine.handle, asyncio.Event(), first_only
        self.reached = asyncio.Event()
        app.engine.handle = self._wait  # type: ignore[method-assign]

    async def _wait(self, event: Event) -> Outcome:
        if not (self._first_only and self.reached.is_set()):
            self.reached.set()
            await self._open.wait()
        return await self._handle(event)

    def open(self) -> None:
        self._open.set()


@dataclass
class Bot:
    app: App
    lines: list[Line]
    fake: FakeSlack
    clock: TurnedClock
    platforms: dict[str, Platform]
    events: list[Event] = field(default_factory=list)  # what reached the engine

    def __post_init__(self) -> None:
        handle = self.app.engine.handle

        async def noted(event: Event) -> Outcome:
            self.events.append(event)
            return await handle(event)

        self.app.engine.handle = noted  # type: ignore[method-assign]

    @property
    def line(self) -> Line:
        return self.lines[0]

    async def caught_up(self) -> None:
        """Everything that was heard is dealt with, and everything that is due is posted."""
        for line in self.lines:
            await line.settled()
        await self.app.settle()
        for line in self.lines:
            await line.settled()

    async def wait(self, **wait: int) -> None:
        await travel(self.app, self.clock, self.clock.now() + timedelta(**wait))
        await self.caught_up()

    def slow(self, *, first_only: bool = False) -> Gate:
        return Gate(self.app, first_only=first_only)


def settings_for(*fakes: FakeSlack, **tokens: str) -> SlackSettings:
    """`bot` and `app` are tokens that differ from those of the first workspace."""
    spaces = tuple(
        Workspace("" if place == 0 else f"ws{place}", SecretStr(fake.bot_token), SecretStr(fake.app_token))
        for place, fake in enumerate(fakes)
    )
    first = spaces[0]
    given = {kind: SecretStr(tokens.get(kind, first.token(kind))) for kind in ("bot", "app")}  # type: ignore[arg-type]
    return SlackSettings((Workspace("", given["bot"], given["app"]), *spaces[1:]), fakes[0].api_base)


@asynccontextmanager
async def opened(
    fake: FakeSlack, folder: Path, clock: TurnedClock, *, patience: float = PATIENT, pace: float = QUICK,
    neighbours: tuple[FakeSlack, ...] = (), **tokens: str,
) -> AsyncIterator[Bot]:  # fmt: skip
    """A bot with its data in `folder`, which may or may not reach Slack."""
    settings = settings_for(fake, *neighbours, **tokens)
    config, platforms = Config(data=have_started(folder)), dict[str, Platform]()
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(await open_app(config, platforms, clock, catalogue()))
        line = open_slack(app, platforms, settings, patience=patience, pace=pace, limits=UNHURRIED)
        yield Bot(app, list(await stack.enter_async_context(line)), fake, clock, platforms)


@asynccontextmanager
async def living(fake: FakeSlack, folder: Path, clock: TurnedClock, **knobs: Any) -> AsyncIterator[Bot]:
    """The same, when it listens by both connections of each workspace."""
    async with opened(fake, folder, clock, **knobs) as bot:
        for one in (fake, *knobs.get("neighbours", ())):
            await one.socket.connected(2)
        yield bot


@dataclass
class Scene:
    """A workspace, an admin of it, and the channel in which the group meets."""

    fake: FakeSlack
    owner: User
    channel: Channel
    bot: Bot | None = None

    async def _seen(self, deed: Deed) -> Deed:
        if self.bot:
            await self.bot.caught_up()
        return deed

    async def do(self, user: User, text: str, channel: Channel | None = None) -> Deed:
        return await self._seen(await self.fake.command(user, channel or self.channel, "/study", text))

    async def press(self, user: User, seen: Deed | Message | View, label: str, value: str = "") -> Deed:
        """Press the button with this label, in the newest thing that has one."""
        return await self._seen(await self.fake.press(user, where(seen, label), label, value))

    async def fill(self, user: User, view: View, values: Mapping[str, Any]) -> Deed:
        return await self._seen(await self.fake.submit(user, view, values))

    async def found(self) -> None:
        """The admin sets the group up."""
        begun = await self.do(self.owner, "")
        await self.press(self.owner, begun, "Use this channel, Mon-Fri 09:00")

    async def join(self, name: str) -> User:
        user = self.fake.town.add_user(name)
        self.channel.members[user.id] = user
        await self.do(user, "join")
        return user

    def has_board(self) -> bool:
        return any("Answer" in labels(one) for one in self.channel.messages.values())

    def board(self) -> Message:
        """The newest message with a problem."""
        there = (one for one in self.channel.messages.values() if "Answer" in labels(one))
        return max(there, key=lambda one: one.ts)

    async def answer(self, user: User, words: str = WORDS) -> Deed:
        opened = await self.press(user, self.board(), "Answer")
        return await self.fill(user, opened.opened, {"text": words})

    async def read(self, user: User) -> str:
        """What the group's answers say."""
        return (await self.press(user, self.board(), "Read answers")).ephemeral.words


def labels(seen: Message | View) -> list[str]:
    return [button["text"]["text"] for button in seen.buttons]


def where(seen: Deed | Message | View, label: str) -> Message | View:
    things = [seen] if isinstance(seen, Message | View) else [*seen.views, *seen.shown, *seen.posts]
    for thing in reversed(things):
        if label in labels(thing):
            return thing
    raise AssertionError(f"no button “{label}”; there are {[labels(thing) for thing in things]}")


def workspace(fake: FakeSlack, bot: Bot | None = None) -> Scene:
    owner = fake.town.add_user("olga", is_admin=True)
    channel = fake.town.add_channel("study", owner)
    return Scene(fake, owner, channel, bot)


async def with_a_problem(bot: Bot, scene: Scene) -> User:
    """The group is set up, Ada is a member, and the first problem of the group has been posted."""
    [ada] = await with_problems(bot, scene)
    return ada


async def with_problems(bot: Bot, *scenes: Scene) -> list[User]:
    """The same for each of them; one Ada for each."""
    people = []
    for scene in scenes:
        scene.bot = bot
        await scene.found()
        people.append(await scene.join("ada"))
    await bot.wait(minutes=10)
    return people


def private(fake: FakeSlack, user: User) -> list[Message]:
    """What the bot wrote to somebody, oldest first."""
    found = fake.town.im(user).messages.values()
    return sorted((one for one in found if one.user is fake.town.bot), key=lambda one: one.ts)
