"""
The line to Discord: one supervised connection of discord.py's client, with the least that the bot must hear.

Payloads of interactions and messages are taken as Discord sends them, before the library builds objects of them; the
library's own cache (servers, channels, threads, roles) is kept as it is. Its table of parsers is a private door, and a
test holds it open. A payload that nobody understands is logged and skipped.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import aiohttp
import discord
from discord.gateway import KeepAliveHandler

from adapters.discord.permissions import BOT
from adapters.discord.settings import PORTAL, DiscordSettings

log = logging.getLogger(__name__)
Json = dict[str, Any]
Ear = Callable[[Json], None]

WAITS = (1.0, 2.0, 5.0, 15.0, 30.0)  # seconds between attempts to connect; the last one for ever
STEADY = 60.0  # seconds after which a connection was no passing one, so the waits begin anew
STALL = 90.0  # seconds without a connection, after which the library's own waiting (up to 17 minutes) is cut short
SWALLOWED = 0.1  # seconds after which a call to end is made again
SILENCE = 60.0  # seconds without a word from Discord, after which the line counts as dead
BYE = 0.6  # seconds for a polite end
FOR_GOOD, AGAIN = 1000, 4000  # how we end a line: after the second the session can be taken up again
NO_TOKEN = 4004  # Discord: "Gateway Close Event Codes"

INSTEAD = (  # what the library would build objects of, and we read ourselves
    "INTERACTION_CREATE", "MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK",
)  # fmt: skip
PRIVILEGED = {"message_content": "message content", "members": "server members"}


class Refused(Exception):
    """Discord lets this bot not in; trying again is of no use. One sentence with the fix."""


class Gateway(discord.Client):
    """
    `identify_wait`, `silence` and `waits` are in seconds; tests shorten them.

    `tried` is set when Discord has taken or refused the token, or the first attempt has failed.
    """

    def __init__(
        self, settings: DiscordSettings, *, identify_wait: float = 5.0, silence: float = SILENCE,
        waits: Sequence[float] = (),
    ) -> None:  # fmt: skip
        self.asks = intents_of(settings)
        # Or each start would warn that there is no voice, which nobody here wants.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            intents=self.asks,
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0,  # nobody here waits for the library's own `ready`
            heartbeat_timeout=silence,
            proxy=settings.proxy,
        )
        self._token = settings.token.get_secret_value()
        self._identify_wait, self._waits = identify_wait, waits or WAITS
        self.tried = asyncio.Event()
        self._ears: dict[str, list[Ear]] = {}
        self._line: asyncio.Task[None] | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._is_in = False
        self.on_entered: Callable[[], None] = lambda: None  # called once, when Discord has taken the token
        parsers = self._connection.parsers
        for name, parse in [*parsers.items()]:
            parsers[name] = self._guarded(name, None if name in INSTEAD else parse)

    @property
    def reads_threads(self) -> bool:
        """Whether members' words in threads arrive at all."""
        return self.asks.message_content

    def listen(self, event: str, ear: Ear) -> None:
        """Call `ear` with the payload of each such event (Discord's name), in order, after the cache knows of it."""
        self._ears.setdefault(event, []).append(ear)

    # --- coming and going ----------------------------------------------------------------------------

    async def enter(self) -> None:
        """
        Log in, if that was not done. Raises Refused, or what the network raises.

        The library opens a new session for each attempt and forgets the one of before.
        """
        if self._is_in:
            return
        try:
            await self.login(self._token)
        except BaseException as error:  # also when it is called off: the session must not stay open; raised again below
            await self.http.close()
            self.http.connector = discord.utils.MISSING
            if isinstance(error, discord.LoginFailure):
                raise Refused(
                    f"Discord does not take the token. Reset it at {PORTAL}, on the page Bot, and set it anew."
                ) from None
            raise
        self._is_in = True
        self.on_entered()
        self.tried.set()

    async def run_for_ever(self) -> None:
        """Stay connected until cancelled. Raises Refused where trying again is of no use."""
        attempt = 0
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self.enter()
                await self._hear()
            except Refused:
                self.tried.set()
                raise
            except discord.PrivilegedIntentsRequired:
                self._ask_for_less()
                continue
            except discord.ConnectionClosed as closed:
                raise Refused(_why_closed(closed.code)) from None
            except (OSError, aiohttp.ClientError, discord.DiscordException) as trouble:
                log.warning("discord is not reached", extra={"error": type(trouble).__name__})
            except Exception:  # a frame that the library chokes on must not end the bot
                log.exception("connection failed")
            if loop.time() - began > STEADY:
                attempt = 0
            self.tried.set()
            await self._hang_up()
            await asyncio.sleep(self._waits[min(attempt, len(self._waits) - 1)])
            attempt += 1

    async def leave(self) -> None:
        """Close the connection and the session; within a second, whatever the other side does."""
        if self._stalled:
            self._stalled.cancel()
        await self._hang_up(FOR_GOOD)
        with suppress(TimeoutError):
            async with asyncio.timeout(BYE):
                await self.close()
        await self.http.close()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        if not initial:
            await asyncio.sleep(self._identify_wait)

    async def on_disconnect(self) -> None:
        log.info("disconnected")
        if self._stalled is None and self._line is not None:
            self._stalled = asyncio.get_running_loop().call_later(STALL, self._cut)

    # --- inside ----------------------------------------------------------------------------------------

    async def _hear(self) -> None:
        self._line = asyncio.create_task(self.connect(), name="discord gateway")
        try:
            await asyncio.wait({self._line})
        finally:
            while not self._line.done():  # the library may swallow one: it waits for a connection by `wait_for`
                self._line.cancel()
                await asyncio.wait({self._line}, timeout=SWALLOWED)
        if self._line.cancelled():
            raise TimeoutError("no connection for too long")
        self._line.result()

    def _cut(self) -> None:
        self._stalled = None  # the next one may stall as well
        if self._line is not None:
            self._line.cancel()

    async def _hang_up(self, code: int = AGAIN) -> None:
        """The library leaves its socket and its heartbeat's thread to whoever ends it from outside."""
        if self.ws is not None:
            with suppress(TimeoutError, OSError, aiohttp.ClientError, RuntimeError):
                async with asyncio.timeout(BYE / 2):
                    await self.ws.close(code)
        for thread in threading.enumerate():
            if isinstance(thread, KeepAliveHandler) and thread.ws.loop is asyncio.get_running_loop():
                thread.stop()

    def _guarded(self, name: str, parse: Ear | None) -> Ear:
        def hear(payload: Json) -> None:
            if name in ("READY", "RESUMED"):
                self._connected(name)
            for one in (parse, *self._ears.get(name, ())):
                try:
                    if one is not None:
                        one(payload)
                except Exception:  # whatever a payload may hold
                    log.warning("payload skipped", exc_info=True, extra={"kind": name})

        return hear

    def _connected(self, how: str) -> None:
        log.info("connected", extra={"resumed": how == "RESUMED"})
        if self._stalled:
            self._stalled.cancel()
            self._stalled = None

    def _ask_for_less(self) -> None:
        """Discord closed the line because of an intent. It does not say which; the application's flags do."""
        flags = self.application.flags if self.application else discord.ApplicationFlags()
        allowed = {
            "message_content": flags.gateway_message_content or flags.gateway_message_content_limited,
            "members": flags.gateway_guild_members or flags.gateway_guild_members_limited,
        }
        wanted = [name for name in PRIVILEGED if getattr(self.asks, name)]
        refused = [name for name in wanted if not allowed[name]] or wanted
        if not refused:
            raise Refused(_why_closed(4014))
        for name in refused:
            setattr(self.asks, name, False)
        if not self.asks.message_content:
            self.asks.guild_messages = False
        named = " and ".join(PRIVILEGED[name] for name in refused)
        why = (
            f"Discord does not allow this bot to know of {named}, so it goes on without. "
            f"Switch that intent on at {PORTAL}, on the page Bot, and start again."
        )
        log.error("an intent is not allowed", extra={"why": why})


def intents_of(settings: DiscordSettings) -> discord.Intents:
    """The least: servers and private messages. Words in threads, and who leaves, only where the settings ask for it."""
    intents = discord.Intents.none()
    intents.guilds = intents.dm_messages = True
    intents.guild_messages = intents.message_content = settings.message_content
    intents.members = settings.members
    return intents


def _why_closed(code: int) -> str:
    if code == NO_TOKEN:
        return f"Discord does not take the token any more. Reset it at {PORTAL}, on the page Bot, and set it anew."
    return f"Discord closed the connection for good (code {code}). Tell whoever runs {BOT}."
