"""The demonstration as a whole: opened, played up to the visitor's arrival, served, closed."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.web.chat import GROUP, Chat
from adapters.web.demo.cast import Company
from adapters.web.demo.strip import Strip
from adapters.web.demo.texts import read_cast, read_library
from adapters.web.demo.travel import Travel
from adapters.web.layout import TENANT
from adapters.web.platform import WebPlatform
from adapters.web.server import LOOPBACK, make_app, serve
from bot.app import App, open_app
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
YOU = Person("you", "You")
MARK = "demo.json"  # where a story that is kept stands, so that it goes on there


@dataclass(frozen=True, slots=True)
class Show:
    """A running demonstration. `link` lets the visitor in as "You", once."""

    app: App
    chat: Chat
    travel: Travel
    address: str
    link: str


@asynccontextmanager
async def open_show(config: Config, seed: int) -> AsyncIterator[Show]:
    """
    Serve the demonstration on `config.port` of this machine, with its data in `config.data`.

    Raises what `open_app` raises, and OSError when the port is taken.
    """
    catalogue = Catalogue.of([load_pack(folder) for folder in config.packs])
    mark = config.data / MARK
    kept = json.loads(mark.read_text(encoding="utf-8")) if mark.exists() else {}
    begin = BEGIN - SET_UP
    clock = TurnedClock(datetime.fromisoformat(kept["now"]) if kept else begin)
    platforms: dict[str, Platform] = {}
    async with await open_app(config, platforms, clock, catalogue) as app, AsyncExitStack() as stack:
        chat = await Chat.open(config.data, clock)
        stack.push_async_callback(chat.close)
        stack.push_async_callback(app.stop)
        platforms[TENANT] = WebPlatform(chat)
        company = Company(read_cast(), read_library(catalogue), kept.get("seed", seed), begin, app.settle)
        stack.push_async_callback(company.leave)
        travel = Travel(app, clock, company, GROUP, ZONE)
        strip = Strip(app, chat, travel, BEGIN)
        site = make_app(app, chat, demo=True, bar=strip.draw)
        strip.add_to(site)
        runner = await serve(site, config.port)
        stack.push_async_callback(runner.cleanup)
        stack.callback(_keep, mark, clock, kept.get("seed", seed))
        address = f"http://{LOOPBACK}:{runner.addresses[0][1]}"
        await company.come_in(chat, address, ZONE.key)
        await _prologue(app, travel, company)
        await app.start()
        await chat.people.know(YOU)
        yield Show(app, chat, travel, address, f"{address}/enter?key={await chat.people.invite(YOU.id)}")


def _keep(mark: Path, clock: TurnedClock, seed: int) -> None:
    """Write down where the story stands."""
    mark.write_text(json.dumps({"now": clock.now().isoformat(), "seed": seed}), encoding="utf-8")


async def _prologue(app: App, travel: Travel, company: Company) -> None:
    """Before the visitor comes: the organiser sets the group up, the members join. A kept story goes on instead."""
    await travel.resume()
    if await app.store.read(lambda tx: roster.find_group(tx, GROUP)) is None:
        await company.set_up()
    here = await app.store.read(lambda tx: roster.list_members(tx, GROUP))
    for who in company.members:
        if who not in here:
            await travel.on(timedelta(minutes=3))
            await company.join(who)
    if app.clock.now() < BEGIN:
        await travel.until(BEGIN)
