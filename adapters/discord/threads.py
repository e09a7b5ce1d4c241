"""
Threads: made under a message, written into although they are archived, closed, opened again.

What an archived or locked thread allows: Discord's documentation, "Threads".
"""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import discord

from adapters.discord.channels import TROUBLES, Channels
from adapters.discord.delivery import ARCHIVED, LOCKED, NO_ACCESS, NO_RIGHT, THREAD_STANDS, UNKNOWN_CHANNEL
from adapters.discord.permissions import MANAGE_THREADS, PUBLIC_THREADS
from adapters.discord.rest import Json, Rest
from bot.kernel.card import THREAD_TITLE
from bot.kernel.errors import Reason, Rejected

log = logging.getLogger(__name__)

SIDEBAR = 4_320  # minutes without a message until a thread leaves the list of channels; Discord knows 60 to 10,080
PAGE = 100  # Discord: threads in one answer


class Threads:
    def __init__(self, rest: Rest, channels: Channels) -> None:
        self._rest, self._channels = rest, channels

    async def start(self, channel: str, message: str, title: str, group: str) -> None:
        """The thread of a message; it has the message's id, so that it cannot be made twice."""
        with self._channels.told(channel, PUBLIC_THREADS, group=group):
            try:
                await self._rest.call(
                    "POST", "/channels/{channel_id}/messages/{message_id}/threads",
                    json={"name": named(title), "auto_archive_duration": SIDEBAR},
                    channel_id=channel, message_id=message,
                )  # fmt: skip
            except discord.HTTPException as error:
                if error.code != THREAD_STANDS:
                    raise

    async def awake(self, channel: str, deed: Callable[[], Awaitable[Any]], *, news: bool) -> Any:
        """
        Do this in a channel; where it is a thread that is archived, open that first.

        Afterwards the thread is archived again, unless this is `news` and the thread was never locked, only old.
        """
        try:
            return await deed()
        except discord.HTTPException as error:
            if error.code not in (ARCHIVED, LOCKED):
                raise
            refused = error
        was = (await self._rest.call("GET", "/channels/{channel_id}", channel_id=channel)).get("thread_metadata", {})
        if was.get("archived"):
            await self._open(channel, refused)
        try:
            return await deed()
        finally:
            if was.get("archived") and (was.get("locked") or not news):
                with at_best("discord.thread_left_open", channel):
                    await self._change(channel, {"archived": True})

    async def close(self, thread: str, state: Json | None, group: str) -> None:
        """
        Lock and archive it; only archive it where the right to lock is missing, and do without where that fails too.

        `state` is what Discord says of the thread, where it said so.
        """
        is_archived = bool(state and state.get("archived"))
        if is_archived and ((state and state.get("locked")) or self._channels.lacks(thread, MANAGE_THREADS, group)):
            return
        with at_best("discord.thread_not_closed", thread), self._channels.told(thread, MANAGE_THREADS, group=group):
            try:
                await self._close(thread)
            except discord.HTTPException as error:
                if error.code == ARCHIVED:
                    await self._change(thread, {"archived": False})
                    await self._close(thread)
                elif error.code != UNKNOWN_CHANNEL:
                    raise

    async def reopen(self, thread: str, state: Json | None, group: str) -> None:
        """Undo `close`, if Discord said that the thread is locked."""
        if state and state.get("locked"):
            with at_best("discord.thread_not_opened", thread), self._channels.told(thread, MANAGE_THREADS, group=group):
                await self._change(thread, {"archived": False, "locked": False})

    async def delete(self, thread: str, group: str = "") -> bool:
        """Was it deleted, or not there? False where the right is missing; then it is closed instead."""
        try:
            await self._rest.call("DELETE", "/channels/{channel_id}", channel_id=thread)
        except discord.HTTPException as error:
            if error.code in (NO_ACCESS, NO_RIGHT):
                await self.close(thread, None, group)
                return False
            if error.code != UNKNOWN_CHANNEL:
                raise
        return True

    async def active(self, guild: str) -> list[Json]:
        """The threads of a server that are not archived, as far as we see them."""
        found = await self._rest.call("GET", "/guilds/{guild_id}/threads/active", guild_id=guild)
        return list(found["threads"])

    async def archived_posts(self, forum: str, since: datetime) -> list[Json]:
        """The archived posts of a forum that were made since then, and perhaps older ones."""
        found: list[Json] = []
        query: dict[str, str | int] = {"limit": PAGE}
        while True:
            page = await self._rest.call(
                "GET", "/channels/{channel_id}/threads/archived/public", query=query, channel_id=forum
            )
            found += page["threads"]
            # Newest archived first; nothing is archived before it is made.
            last = page["threads"][-1]["thread_metadata"]["archive_timestamp"] if page["threads"] else None
            if not page.get("has_more") or last is None or datetime.fromisoformat(last) < since:
                return found
            query["before"] = last

    async def archived_rooms(self, channel: str, after: int) -> list[Json]:
        """The archived private threads of a channel that we are in and whose id is at least `after`."""
        found: list[Json] = []
        query: dict[str, str | int] = {"limit": PAGE}
        while True:
            page = await self._rest.call(
                "GET", "/channels/{channel_id}/users/@me/threads/archived/private", query=query, channel_id=channel
            )
            found += [thread for thread in page["threads"] if int(thread["id"]) >= after]
            if not page.get("has_more") or not page["threads"] or int(page["threads"][-1]["id"]) < after:
                return found
            query["before"] = page["threads"][-1]["id"]

    async def _open(self, thread: str, why: discord.HTTPException) -> None:
        try:
            await self._change(thread, {"archived": False})
        except discord.Forbidden as error:
            raise why from error  # it is the lock that keeps us out

    async def _close(self, thread: str) -> None:
        try:
            await self._change(thread, {"archived": True, "locked": True})
        except discord.HTTPException as error:
            if error.code not in (NO_ACCESS, NO_RIGHT):
                raise
            await self._change(thread, {"archived": True})

    async def _change(self, thread: str, to: Json) -> Any:
        return await self._rest.call("PATCH", "/channels/{channel_id}", json=to, channel_id=thread)


@contextmanager
def at_best(action: str, place: str) -> Iterator[None]:
    """What Discord refuses for good inside is logged and done without; a refused token is everybody's trouble."""
    try:
        yield
    except Rejected as no:
        if no.reason is Reason.TOKEN:
            raise
        log.info("discord did not allow what can be done without", extra={"action": action, "channel": place})
    except TROUBLES:
        log.warning("discord did not do what can be done without", extra={"action": action, "channel": place})


def named(title: str) -> str:
    """A thread's name: 1 to 100 characters that are not all blank."""
    return " ".join(title.split())[:THREAD_TITLE] or "Thread"
