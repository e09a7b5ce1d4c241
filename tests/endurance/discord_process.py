"""
Lives of the bot on a pretended Discord: the real app on real files, the real adapter, the real client of discord.py.

Members' deeds come by the gateway. What the harness asks for over a socket is only when everything is done.
"""

import asyncio
from pathlib import Path

from adapters.discord import connect
from adapters.discord.connect import Discord, open_discord
from adapters.discord.gateway import Gateway, Json
from adapters.discord.rest import Rest
from adapters.discord.settings import DiscordSettings
from bot.app import App, open_app
from bot.config import Config
from bot.kernel.ports import Platform
from tests.discord_fake.server import TOKEN
from tests.endurance import bot_process
from tests.endurance.day_process import answer_first, obey, quieten, told_to_stop
from tests.endurance.discord_mutants import MUTANTS
from tests.endurance.wire import SharedClock
from tests.world import catalogue

# A day takes seconds here: what waits by the machine's clock must wait as much shorter.
connect.SYNC_AGAIN = (0.05,)

MARKER = "CHANNEL_PINS_UPDATE"  # an event that nobody uses: behind it, everything before it was heard
PACE = 5_000.0  # calls a second: days pass in seconds here, and so must the pauses between calls


class Heard:
    """How far the bot has heard what the gateway said."""

    def __init__(self, client: Gateway) -> None:
        self.ready = asyncio.Event()
        self._upto, self._news = 0, asyncio.Event()
        client.listen("READY", lambda _: self.ready.set())
        client.listen(MARKER, self._passed)

    async def upto(self, number: int) -> None:
        while self._upto < number:
            self._news.clear()
            await self._news.wait()

    def _passed(self, data: Json) -> None:
        self._upto = int(data["number"])
        self._news.set()


async def settle(app: App, line: Discord, heard: Heard, number: int) -> object:
    """Hear all, answer all, post all; when something will be due."""
    await heard.upto(number)
    await line.lines.settled()
    await app.settle()
    return await app.next_due()


async def live(folder: Path, mutant: str) -> None:
    stop = told_to_stop()
    base, gateway = (folder / "discord").read_text().split()
    settings = DiscordSettings(
        _env_file=None, token=TOKEN, api_base=base, gateway_url=gateway, message_content=True
    )  # fmt: skip
    platforms: dict[str, Platform] = {}
    client = Gateway(settings, identify_wait=0)
    heard = Heard(client)
    config, clock = Config(data=folder / "data"), SharedClock(folder / "clock")
    async with (
        await open_app(config, platforms, clock, catalogue()) as app,
        open_discord(app, platforms, settings, client=client) as line,
    ):
        if mutant == "answers first":
            answer_first(app)
        await app.start()
        await heard.ready.wait()
        await obey(folder, lambda marker: settle(app, line, heard, marker), stop)


def main(mutant: str = "") -> None:
    quieten()
    assert Rest.__init__.__kwdefaults__
    Rest.__init__.__kwdefaults__["per_second"] = PACE
    bot_process.main(mutant, MUTANTS, live)
