"""
One life of a bot on a pretended Discord, in a process of its own: `python -m tests.bench.discord_living WHO FOLDER`.

WHO is "ours" (the real app and the real adapter) or "bare" (discord.py alone, as its documentation shows a button that
outlives a restart). `lives` tells how it is asked. Where Discord is stands in the environment. A third word, "weigh",
lets it count its memory; that makes it slow.
"""

import asyncio
import gc
import logging
import re
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
from discord import ui

from adapters.discord.connect import open_discord
from adapters.discord.gateway import Gateway, intents_of
from adapters.discord.platform import DiscordPlatform
from adapters.discord.rest import Rest
from adapters.discord.settings import DiscordSettings, point_library
from adapters.discord.translate import BUTTON, CONTAINER, ROW_, SECTION, TEXT
from bot import atlas
from bot.app import App, open_app
from bot.clock import TurnedClock
from bot.config import Config
from bot.features.daily.cards import EXAMPLE_ITEM, EXAMPLE_ROUND, board_card
from bot.kernel.ports import Platform, Posting, Spot
from tests.bench.lives import Json, serve
from tests.bench.town import problems
from tests.world import MORNING, travel

PROBLEM = board_card(EXAMPLE_ROUND, EXAMPLE_ITEM, 3, open_threads=False)
TITLE = "The thread of a post"
CALLS = 100_000.0  # a second: the pauses between calls are not what is measured


# --- ours ----------------------------------------------------------------------------------------------


class Ours:
    def __init__(self, app: App, client: Gateway, clock: TurnedClock) -> None:
        self.client, self._app, self._clock = client, app, clock
        self._platform = DiscordPlatform(client, Rest(client, per_second=CALLS))

    async def post(self, group: str, channel: str, name: str) -> None:
        await self._platform.post(Posting(name, f"discord:{group}", Spot(channel), PROBLEM, TITLE))

    async def travel(self, minutes: int) -> None:
        await travel(self._app, self._clock, self._clock.now() + timedelta(minutes=minutes))


@asynccontextmanager
async def ours(folder: Path, settings: DiscordSettings) -> AsyncIterator[Ours]:
    clock, platforms = TurnedClock(MORNING), dict[str, Platform]()
    client = Gateway(settings, identify_wait=0)
    async with (
        await open_app(Config(data=folder), platforms, clock, problems()) as app,
        open_discord(app, platforms, settings, client=client) as line,
    ):
        await app.start()
        await asyncio.to_thread(atlas.find_places, "a")  # what is read once shall not be read while we measure
        await line.synced.wait()
        yield Ours(app, client, clock)


# --- bare ----------------------------------------------------------------------------------------------


class Bare(discord.Client):
    """The same intents, and as little in its caches. `reply` is what it says to a press, and what it posts."""

    def __init__(self, settings: DiscordSettings) -> None:
        super().__init__(
            intents=intents_of(settings),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0,
        )
        self.client: discord.Client = self
        self.reply: Sequence[Json] = ()
        self.add_dynamic_items(Press)

    async def post(self, group: str, channel: str, name: str) -> None:
        guild = self.get_guild(int(group))
        place = guild and guild.get_channel(int(channel))
        assert isinstance(place, discord.TextChannel)
        message = await place.send(view=drawn(self.reply))
        await message.create_thread(name=TITLE, auto_archive_duration=4320)

    async def travel(self, minutes: int) -> None:
        """It knows no time."""


class Press(ui.DynamicItem[ui.Button[ui.LayoutView]], template=r"[0-9a-f]{0,8}[0-9a-z]:(?P<action>.+)"):
    """Every button that ours has."""

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: ui.Item[Any], match: re.Match[str], /
    ) -> "Press":
        assert isinstance(item, ui.Button)
        return cls(item)

    async def callback(self, interaction: discord.Interaction) -> None:
        assert isinstance(interaction.client, Bare)
        await interaction.response.send_message(view=drawn(interaction.client.reply), ephemeral=True)


def drawn(parts: Sequence[Json]) -> ui.LayoutView:
    """The message in the library's own objects. It is stopped at once, so that the library does not remember it."""
    view = ui.LayoutView(timeout=None)
    for part in _items(parts):
        view.add_item(part)
    view.stop()
    return view


def _items(parts: Sequence[Json]) -> Iterator[ui.Item[Any]]:
    for part in parts:
        kind, inside = part["type"], _items(part.get("components", ()))
        if kind == CONTAINER:
            yield ui.Container(*inside, accent_colour=part["accent_color"], id=part.get("id"))
        elif kind == ROW_:
            yield ui.ActionRow(*inside)
        elif kind == SECTION:
            yield ui.Section(*inside, accessory=next(_items([part["accessory"]])))
        elif kind == TEXT:
            yield ui.TextDisplay(part["content"])
        else:
            assert kind == BUTTON, f"the bare bot has no component of type {kind}"
            style = discord.ButtonStyle(part["style"])
            yield ui.Button(style=style, label=part["label"], custom_id=part["custom_id"])


@asynccontextmanager
async def bare(_: Path, settings: DiscordSettings) -> AsyncIterator[Bare]:
    point_library(settings)
    async with Bare(settings) as client, asyncio.TaskGroup() as running:
        running.create_task(client.start(settings.token.get_secret_value()))
        await client.wait_until_ready()
        yield client
        await client.close()


# --- what is asked ---------------------------------------------------------------------------------------


async def obey(bot: Ours | Bare, said: Json) -> Json:
    """Times are in milliseconds of this process."""
    match said["do"]:
        case "time":
            return {"cpu": time.process_time() * 1000}
        case "post":
            began = time.process_time()
            for number, (group, channel) in enumerate(said["places"]):
                await bot.post(group, channel, f"bench/{said['name']}/{number}")
            return {"cpu": (time.process_time() - began) * 1000}
        case "say":
            if isinstance(bot, Bare):
                bot.reply = said["reply"]
        case "travel":
            await bot.travel(said["minutes"])
        case "know":
            while sum(not guild.unavailable for guild in bot.client.guilds) < said["servers"]:  # noqa: ASYNC110 - two kinds of bots
                await asyncio.sleep(0.05)
        case "weigh":
            gc.collect()
            return {"bytes": tracemalloc.get_traced_memory()[0]}
    return {}


async def live(who: str, folder: Path) -> None:
    async with (ours if who == "ours" else bare)(folder, DiscordSettings(_env_file=None)) as bot:
        await serve(lambda said: obey(bot, said))


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # a busy machine is late with many things
    if "weigh" in sys.argv[3:]:
        tracemalloc.start()
    asyncio.run(live(sys.argv[1], Path(sys.argv[2])))
