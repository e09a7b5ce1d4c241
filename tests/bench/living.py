"""
One life of the bot in a process of its own, measured from inside: `python -m tests.bench.living WHAT FOLDER SECONDS`.

WHAT is "modules" (only import what the bot needs), "open" (open the app, and end), "memory" or "idle" (CPU over so many
SECONDS).
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import adapters.web.alone  # noqa: F401 - what `whetstone run` imports
from bot.app import App, open_app
from bot.clock import SystemClock
from bot.config import Config
from bot.engine import roster
from bot.kernel.event import Event, Person, Typed

TENANT = "web"


class Nowhere:
    """Stands for the platform: in these lives nothing is delivered."""

    async def post(self, posting: object) -> str:
        raise AssertionError("nothing should be due while the bot is idle")

    edit = remove = find = post


def memory() -> float:
    """MB that this process holds in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


async def look_around(app: App) -> None:
    """One member of each group looks at today's problem."""
    for number, group in enumerate(await app.store.read(roster.list_groups)):
        member = Person(f"{group.removeprefix('web:')}-m0001", "")
        event = Event(f"look-{number}", TENANT, group, "general", member, app.clock.now(), Typed("today", ""))
        assert not (await app.engine.handle(event)).refused


async def live(what: str, folder: Path, seconds: float) -> dict[str, float]:
    async with await open_app(Config(data=folder), {TENANT: Nowhere()}, SystemClock()) as app:  # type: ignore[dict-item]
        if what == "open":
            return {}
        await app.start()
        if what == "memory":
            await look_around(app)
            await asyncio.sleep(2.5)  # the cities are read, and two pulses have passed
            return {"memory": memory()}
        await asyncio.sleep(3)  # what happens once at the start is not idleness
        due = await app.next_due()
        began, worked = time.monotonic(), time.process_time()
        await asyncio.sleep(seconds)
        passed, worked = time.monotonic() - began, time.process_time() - worked
        assert due is None or due > app.clock.now(), f"something was due at {due}"
        return {"share": worked / passed}


if __name__ == "__main__":
    what, folder, seconds = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    found = {"memory": memory()} if what == "modules" else asyncio.run(live(what, folder, seconds))
    print(json.dumps(found))  # noqa: T201 - its caller reads it
