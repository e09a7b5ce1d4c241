"""
One life of a bot on a pretended Slack, in a process of its own: `python -m tests.bench.slack_living WHO FOLDER`.

WHO is "ours" (the real app and the real adapter) or "bare" (aiohttp alone, which takes what Slack sends by a
connection of Socket Mode, and by HTTP as an app without Socket Mode does). `lives` tells how it is asked. Where Slack
is, and the tokens, stand in the environment.
"""

import asyncio
import json
import logging
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
from aiohttp import web

from adapters.slack.connect import open_slack
from adapters.slack.settings import SlackSettings, read_settings
from bot import atlas
from bot.app import App, open_app
from bot.clock import TurnedClock
from bot.config import Config
from bot.kernel.effect import Effect
from bot.kernel.event import Pressed, Scene
from bot.kernel.feature import Route
from bot.kernel.ports import Platform, Tx
from tests.adapters.slack.line import UNHURRIED
from tests.bench.lives import Json, serve
from tests.bench.town import problems
from tests.world import MORNING, travel

QUIET = "daily.quiet"  # the route of a button that looks, and says nothing


# --- ours ----------------------------------------------------------------------------------------------


class Ours:
    def __init__(self, app: App, clock: TurnedClock) -> None:
        self._app, self._clock = app, clock

    async def travel(self, minutes: int) -> None:
        await travel(self._app, self._clock, self._clock.now() + timedelta(minutes=minutes))


def look(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Every press of ours is answered by a call. What comes before that call is measured with one that is not."""
    return ()


@asynccontextmanager
async def ours(folder: Path, settings: SlackSettings) -> AsyncIterator[Ours]:
    clock, platforms = TurnedClock(MORNING), dict[str, Platform]()
    async with (
        await open_app(Config(data=folder), platforms, clock, problems()) as app,
        open_slack(app, platforms, settings, limits=UNHURRIED),  # presses are measured, not how Slack slows posts
    ):
        app.engine.routes.presses[QUIET] = app.engine.features["daily"], Route(look, reads=True)
        await app.start()
        await asyncio.to_thread(atlas.find_places, "a")  # what is read once shall not be read while we measure
        yield Ours(app, clock)


# --- bare ----------------------------------------------------------------------------------------------


class Bare:
    """It parses what comes and acknowledges it. `reply` is what it says to a press then, if anything."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session, self._tasks = session, set[asyncio.Task[None]]()
        self.reply: Json = {}
        self.door = ""  # where it is reached by HTTP

    async def travel(self, minutes: int) -> None:
        """It knows no time."""

    async def hear(self, line: aiohttp.ClientWebSocketResponse) -> None:
        """By Socket Mode."""
        async for frame in line:
            told = json.loads(frame.data)
            if told["type"] == "interactive":
                await line.send_json({"envelope_id": told["envelope_id"]})
                self._say_soon(told["payload"])

    async def handle(self, request: web.Request) -> web.Response:
        """By HTTP."""
        self._say_soon(json.loads(str((await request.post())["payload"])))
        return web.Response()

    def _say_soon(self, payload: Json) -> None:
        if self.reply:
            task = asyncio.create_task(self._say(payload["response_url"]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _say(self, url: str) -> None:
        async with self._session.post(url, json=self.reply) as answer:
            assert answer.status == 200


@asynccontextmanager
async def bare(_: Path, settings: SlackSettings) -> AsyncIterator[Bare]:
    key = {"Authorization": f"Bearer {settings.workspaces[0].token('app')}"}
    async with aiohttp.ClientSession() as session:
        bot, door = Bare(session), web.Application()
        door.router.add_post("/", bot.handle)
        runner = web.AppRunner(door, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        bot.door = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        async with session.post(f"{settings.api_base}apps.connections.open", headers=key) as answer:
            url = (await answer.json())["url"]
        async with session.ws_connect(url) as line, asyncio.TaskGroup() as running:
            hearing = running.create_task(bot.hear(line))
            yield bot
            hearing.cancel()
        await runner.cleanup()


# --- what is asked ---------------------------------------------------------------------------------------


async def obey(bot: Ours | Bare, said: Json) -> Json:
    """Times are in milliseconds of this process."""
    match said["do"]:
        case "time":
            return {"cpu": time.process_time() * 1000}
        case "say" if isinstance(bot, Bare):
            bot.reply = said["reply"]
            return {"door": bot.door}
        case "travel":
            await bot.travel(said["minutes"])
    return {}


async def live(who: str, folder: Path) -> None:
    async with (ours if who == "ours" else bare)(folder, read_settings(folder.with_suffix(".env"))) as bot:
        await serve(lambda said: obey(bot, said))


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # a busy machine is late with many things
    asyncio.run(live(sys.argv[1], Path(sys.argv[2])))
