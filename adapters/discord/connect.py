"""Joins an app to Discord: client, requests, platform, ears; opened and closed in order."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from itertools import chain, repeat

import discord

from adapters.delivering import NoWay
from adapters.discord.catchup import Catchup
from adapters.discord.commands import command_payload, sync, table
from adapters.discord.gateway import Gateway, Json, Refused
from adapters.discord.hearing import Hearing, Lines
from adapters.discord.inbound import TENANT
from adapters.discord.letters import Letters
from adapters.discord.platform import DiscordPlatform, Met
from adapters.discord.replies import PATIENCE, Replies
from adapters.discord.rest import PER_SECOND, Rest
from adapters.discord.servers import Servers
from adapters.discord.settings import DiscordSettings, point_library
from bot.app import App
from bot.kernel.errors import Later, Reason, Rejected
from bot.kernel.ports import Clock, Platform

log = logging.getLogger(__name__)

FIRST = 10.0  # seconds that the start waits for Discord; then it goes on without
LAST_WORDS = 2.0  # seconds that a stop waits for answers that were begun
SOON = Later(timedelta(seconds=10))
SYNC_AGAIN = (2.0, 10.0, 60.0, 900.0)  # seconds until the commands are sent again; the last one for ever


class Discord:
    """The line, for whoever started it. `trouble` is one sentence, empty while there is none."""

    def __init__(self, client: Gateway, lines: Lines) -> None:
        self.client, self.lines = client, lines
        self.trouble = ""
        self.synced = asyncio.Event()  # Discord has our commands


@asynccontextmanager
async def open_discord(
    app: App, platforms: dict[str, Platform], settings: DiscordSettings, *, client: Gateway | None = None,
    patience: float = PATIENCE, per_second: float = PER_SECOND,
) -> AsyncIterator[Discord]:  # fmt: skip
    """
    Serve Discord with an app that is open. `platforms` is the mapping that the app was opened with. As in

        platforms: dict[str, Platform] = {}
        async with await open_app(config, platforms, clock) as app, open_discord(app, platforms, settings):
            await app.start()

    A refused token or a network that is down stops nothing else: it is one line in the log and `trouble`, and what is
    to be posted waits. On leaving, nothing new is heard, what was begun is finished, and the app is stopped before its
    line is cut. `per_second`: requests in all; tests need not wait for Discord's sake.
    """
    point_library(settings)
    client = client or Gateway(settings)
    async with AsyncExitStack() as stack:
        letters = await Letters.open(app.config.data, app.clock)
        stack.push_async_callback(letters.close)
        rest = Rest(client, per_second=per_second)
        stack.push_async_callback(client.leave)
        stack.push_async_callback(rest.close)
        replies = Replies(app, rest, letters, table(app.engine), patience=patience)
        hearing = Hearing(client, replies, letters, app.clock)
        line = Discord(client, hearing.lines)
        platform = DiscordPlatform(client, rest, _noting(letters, app.clock))
        Servers(client, platform, letters, replies, hearing)
        Catchup(client, rest, letters, hearing)
        platforms[TENANT] = NoWay(lambda: SOON)
        stack.push_async_callback(app.stop)
        stack.push_async_callback(hearing.lines.end, LAST_WORDS)
        stack.push_async_callback(hearing.forget_early)
        for running in (
            asyncio.create_task(_serve(line, platforms, platform), name="discord"),
            asyncio.create_task(_send_commands(line, rest, command_payload(app.engine)), name="discord commands"),
        ):
            stack.push_async_callback(_end, running)
        try:
            async with asyncio.timeout(FIRST):
                await client.tried.wait()
        except TimeoutError:
            log.warning("discord is slow; the start goes on without it")
        yield line


async def _serve(line: Discord, platforms: dict[str, Platform], platform: Platform) -> None:
    def enter() -> None:
        platforms[TENANT] = platform

    line.client.on_entered = enter
    try:
        await line.client.run_for_ever()
    except Refused as no:
        line.trouble = str(no)
        log.error("discord refuses the bot", extra={"why": line.trouble})  # noqa: TRY400 - `why` says it all
        platforms[TENANT] = NoWay(lambda: Rejected(Reason.TOKEN, line.trouble))


async def _send_commands(line: Discord, rest: Rest, wanted: Sequence[Json]) -> None:
    """Let Discord know our commands, if it has others. Tried again until it is done."""
    connected = asyncio.Event()
    line.client.listen("READY", lambda _: connected.set())
    await connected.wait()
    for wait in chain(SYNC_AGAIN, repeat(SYNC_AGAIN[-1])):
        try:
            await sync(rest, line.client.application_id or 0, wanted)
        except Exception:  # without it the bot still hears whatever Discord knows from before
            log.exception("commands were not sent", extra={"again": wait})
        else:
            line.synced.set()
            return
        await asyncio.sleep(wait)


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait({task})


def _noting(letters: Letters, clock: Clock) -> Met:
    """Notes the private conversations that the bot itself begins: an answer may come while it is away."""

    async def note(channel: str, person: str) -> None:
        try:
            await letters.know(int(channel), int(person), discord.utils.time_snowflake(clock.now()))
        except Exception:  # the conversation is open all the same, and what was to be said there must be said
            log.exception("conversation was not noted")

    return note
