"""The demonstration as a whole: opened, played up to the visitor's arrival, served, closed."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.web.chat import GROUP, Chat
from adapters.web.demo import MARK
from adapters.web.demo.cast import Company
from adapters.web.demo.design_texts import read_designs
from adapters.web.demo.habits import CHANNEL
from adapters.web.demo.strip import Strip
from adapters.web.demo.texts import FOLDER, read_cast, read_library
from adapters.web.demo.travel import Travel
from adapters.web.layout import TENANT
from adapters.web.platform import WebPlatform
from adapters.web.server import LOOPBACK, make_app, serve
from bot.app import App, CannotStart, open_app
from bot.clock import TurnedClock
from bot.config import Config
from bot.content.catalogue import Catalogue
from bot.content.loader import load_pack
from bot.engine import roster
from bot.kernel.event import Person
from bot.kernel.ports import Platform

ZONE = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 1, 12, 8, 55, tzinfo=ZONE)  # a Monday, five minutes before the first problem
SET_UP = timedelta(minutes=40)  # how long before that the organiser made the group
LIVED = 14  # days of the story that are over when the visitor comes, unless they wish otherwise
LATE = timedelta(minutes=10)  # the visitor comes five minutes after the hour of that day's problem
YOU = Person("you", "You")


@dataclass(frozen=True, slots=True)
class Show:
    """A running demonstration. `link` lets the visitor in as "You", once."""

    app: App
    chat: Chat
    travel: Travel
    address: str
    link: str


@asynccontextmanager
async def open_show(config: Config, seed: int, days: int = LIVED) -> AsyncIterator[Show]:
    """
    Serve the demonstration on `config.port` of this machine, with its data in `config.data`.

    The cast lives so many `days` before the visitor comes; with 0 they come just before the first problem. A story
    that is kept in the folder goes on as it began, with its own seed and days.

    Raises what `open_app` raises, and OSError when the port is taken.
    """
    catalogue = Catalogue.of([load_pack(folder) for folder in config.packs])
    begin = BEGIN - SET_UP
    now, seed, days = _read(config) or (begin, seed, days)
    arrival = BEGIN + timedelta(days=days) + LATE if days else BEGIN
    clock = TurnedClock(now)
    platforms: dict[str, Platform] = {}
    async with await open_app(config, platforms, clock, catalogue) as app, AsyncExitStack() as stack:
        chat = await Chat.open(config.data, clock)
        stack.push_async_callback(chat.close)
        stack.push_async_callback(app.stop)
        platforms[TENANT] = WebPlatform(chat)
        designs = read_designs(catalogue, FOLDER)
        company = Company(read_cast(), read_library(catalogue), designs, seed, begin, app.settle)
        stack.push_async_callback(company.leave)
        travel = Travel(app, clock, company, GROUP, ZONE, lambda: _keep(config, clock, seed, days))
        strip = Strip(app, chat, travel, arrival)
        site = make_app(app, chat, demo=True, bar=strip.draw, landing=CHANNEL, guest=YOU.id)
        strip.add_to(site)
        runner = await serve(site, config.port)
        stack.push_async_callback(runner.cleanup)
        _keep(config, clock, seed, days)
        address = f"http://{LOOPBACK}:{runner.addresses[0][1]}"
        await company.come_in(chat, address, ZONE.key)
        await _prologue(app, travel, company, arrival)
        await app.start()
        await chat.people.know(YOU)
        yield Show(app, chat, travel, address, f"{address}/enter?key={await chat.people.invite(YOU.id)}")


def _read(config: Config) -> tuple[datetime, int, int] | None:
    """
    Where the story in this folder stands, its seed, and its days before the visitor.

    Raises CannotStart for a folder with a group of people.
    """
    mark = config.data / MARK
    if not mark.exists():
        if config.database.exists():
            why = f"The folder {config.data} holds a group that is no demonstration. Choose another with --data."
            raise CannotStart(why)
        return None
    try:
        kept = json.loads(mark.read_text(encoding="utf-8"))
        return datetime.fromisoformat(kept["now"]), int(kept["seed"]), int(kept["days"])
    except (ValueError, KeyError, TypeError) as error:
        raise CannotStart(f"The file {mark} is damaged. Remove the folder, or choose another with --data.") from error


def _keep(config: Config, clock: TurnedClock, seed: int, days: int) -> None:
    """Write down where the story stands, so that it goes on there after the next start."""
    state = {"now": clock.now().isoformat(), "seed": seed, "days": days}
    (config.data / MARK).write_text(json.dumps(state), encoding="utf-8")


async def _prologue(app: App, travel: Travel, company: Company, arrival: datetime) -> None:
    """
    What happens before the visitor comes: the organiser sets the group up, the members join and live their days.

    A kept story goes on where it stands.
    """
    await travel.resume()
    if await app.store.read(lambda tx: roster.find_group(tx, GROUP)) is None:
        await company.set_up()
    here = await app.store.read(lambda tx: roster.list_members(tx, GROUP))
    for who in company.members:
        if who not in here:
            await travel.on(timedelta(minutes=3))
            await company.join(who)
    if app.clock.now() < arrival:
        await travel.until(arrival)
