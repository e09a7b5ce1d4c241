"""How long a page takes in a group of many members."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from adapters.web.chat import PAGE, Chat
from adapters.web.platform import WebPlatform
from adapters.web.server import LOOPBACK, make_app, serve
from bot.app import open_app
from bot.clock import TurnedClock
from bot.config import Config
from bot.kernel.event import Person
from tests.bench.deeds import MONDAY, MORNING, NINE
from tests.bench.lines import Line, Sizes, under
from tests.bench.town import GOOD, TENANT, Paper, Town, group_id, live_through, member_id, problems

ADDRESSES = {"channel": "/c/daily", "home": "/home"}


def pages(folder: Path, sizes: Sizes) -> Iterator[Line]:
    """
    The median and the 95th of a hundred requests, one after another, of a member with a month of history.

    A group of `people` x 10 members; in the channel stand the problem and as many messages as a page shows. The client
    works in the same process, so its own time is in every figure, the anchor's (`/healthz`) too.
    """
    yield from asyncio.run(_pages(folder, sizes))


async def _pages(folder: Path, sizes: Sizes) -> list[Line]:
    members, clock = sizes.people * 10, TurnedClock(MORNING)
    async with AsyncExitStack() as stack:
        chat = await Chat.open(folder / "pages", clock, group_id(0))
        stack.push_async_callback(chat.close)
        platforms = {TENANT: WebPlatform(chat)}
        app = await stack.enter_async_context(
            await open_app(Config(data=folder / "pages"), platforms, clock, problems())
        )
        here = Town(app, Paper(), clock)
        await _fill(here, chat, members, sizes)
        runner = await serve(make_app(app, chat), 0)
        stack.push_async_callback(runner.cleanup)
        port = runner.addresses[0][1]
        cookies = {f"whetstone_{port}": await chat.people.let_in(member_id(0, 1))}
        client = await stack.enter_async_context(
            aiohttp.ClientSession(
                f"http://{LOOPBACK}:{port}", cookies=cookies, cookie_jar=aiohttp.CookieJar(unsafe=True)
            )
        )
        anchor = await _times(client, "/healthz", sizes.requests)
        lines = []
        for name, address in ADDRESSES.items():
            found = await _times(client, address, sizes.requests)
            for share in (50, 95):
                line = Line(f"page.{name}.p{share}", _part(found, share), "ms", _part(anchor, share))
                lines.append(under(line, 50) if share == 95 else line)
        return lines


async def _fill(here: Town, chat: Chat, members: int, sizes: Sizes) -> None:
    """Everybody is here and has joined; Monday's problem is open, a few have answered, many have written."""
    await chat.people.know(Person(member_id(0, 0), "Olga", manages=True))
    people = [member_id(0, number) for number in range(1, members + 1)]
    await asyncio.gather(*(chat.people.know(Person(one, f"Name of {one}")) for one in people))
    await here.found(members)
    reader = people[:1]
    await here.app.store.run(lambda tx: live_through(tx, reader, sizes.days[0], NINE))
    await here.travel(NINE)
    for number in range(2, min(members, 50)):
        await here.do(here.answering(0, number, MONDAY))
    for number in range(PAGE):
        await chat.write("daily", people[number % members], name="", words=f"{GOOD} ({number})")
    await here.app.settle()


async def _times(client: aiohttp.ClientSession, address: str, requests: int) -> list[float]:
    """Milliseconds, shortest first. The first few requests warm up and do not count."""
    found = []
    for number in range(requests + 3):
        began = time.perf_counter()
        async with client.get(address, allow_redirects=False) as response:
            await response.read()
            assert response.status == 200, (address, response.status)
        if number > 2:
            found.append((time.perf_counter() - began) * 1000)
    return sorted(found)


def _part(found: list[float], share: int) -> float:
    return found[min(len(found) - 1, len(found) * share // 100)]
