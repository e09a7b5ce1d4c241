"""
What was written while the line was down, read again where Discord lets us.

After a short break Discord itself sends what was missed ("Resuming"). After a long one, or a restart, the messages are
still there: private conversations that are known, and threads of ours where words may be read. Presses and forms are
lost then; whoever made them saw that they failed.
"""

import asyncio
import logging
from functools import partial
from typing import Any

import discord

from adapters.discord.gateway import Gateway, Json
from adapters.discord.hearing import Hearing
from adapters.discord.inbound import receipt_of
from adapters.discord.letters import Letters
from adapters.discord.permissions import HISTORY, SEE, missing_rights
from adapters.discord.replies import reply_name
from adapters.discord.rest import NotSent, Rest
from adapters.discord.talk import BROKEN
from adapters.discord.translate import component_id

log = logging.getLogger(__name__)

PAGE = 100  # Discord: messages in one answer
PAGES = 20  # of one conversation; who wrote more than that while the bot was away is asked again by the newest ones
AT_ONCE = 6  # requests: whatever is to be posted meanwhile stands behind no more than these
WAITS = (1.0, 2.0, 5.0, 15.0, 30.0)  # seconds until a conversation is asked for again
MESSAGES = "/channels/{channel_id}/messages"


class Catchup:
    """
    Every message goes the way of a live one; what was dealt with before is recognised by the engine.

    Each new line begins another round. What an earlier one has not read yet stands in the new round as well.
    """

    def __init__(self, client: Gateway, rest: Rest, letters: Letters, hearing: Hearing) -> None:
        self._client, self._rest, self._letters, self._hearing = client, rest, letters, hearing
        self._few, self._round = asyncio.Semaphore(AT_ONCE), 0
        client.listen("READY", self.begin)
        client.listen("GUILD_CREATE", self.read_threads)

    def begin(self, _: Json) -> None:
        """A new line, which knows nothing of before. Live messages wait until the older ones stand in their lines."""
        self._round += 1
        self._hearing.hold()
        self._hearing.lines.start(self._list())

    async def _list(self) -> None:
        try:
            await self._forget_unknown()
            for channel in await self._letters.list_private():
                self._hearing.lines.put(str(channel), partial(self._private, channel, self._round))
        finally:
            self._hearing.let_go()

    async def _forget_unknown(self) -> None:
        try:
            await self._hearing.replies.forget_unknown()
        except Exception:  # it is tried again with each new line; reading must not wait for it
            log.exception("people not forgotten")

    def read_threads(self, guild: Json) -> None:
        """The threads of a server that has just come into reach."""
        if not self._client.reads_threads:
            return
        server = self._client.get_guild(int(guild["id"]))
        for thread in server.threads if server else ():
            self._hearing.lines.put(str(thread.id), partial(self._thread, thread, self._round))

    # --- one conversation ----------------------------------------------------------------------------------

    async def _private(self, channel: int, round_: int) -> None:
        upto = await self._letters.find_private(channel)
        missed: list[Json] = []
        for _ in range(PAGES):
            page = await self._page(round_, channel, after=upto)
            if page is None:  # an answer of ours may stand on it: better nothing now than one answer twice
                return
            missed += page
            if len(page) < PAGE:
                break
            upto = int(page[-1]["id"])
        ours = [message.get("components") or () for message in missed if _is_bots(message)]
        answered = {part.get("id") for parts in ours for part in parts}
        fresh = [one for one in missed if component_id(reply_name(receipt_of(one))) not in answered]
        await self._take(channel, fresh, self._hearing.take)

    async def _thread(self, thread: discord.Thread, round_: int) -> None:
        """The newest page at least: what stands there may have been changed or deleted since."""
        if not await self._hearing.is_ours(thread):
            return
        upto, found = await self._letters.find_newest(thread.id), list[Json]()
        # Where the bot may not look back, Discord shows nothing at all ("Get Channel Messages").
        may_look = not missing_rights(thread.guild, thread, (SEE, HISTORY))
        before: int | None = None
        for _ in range(PAGES):
            page = await self._page(round_, thread.id, **({"before": before} if before else {}))
            if page is None:
                may_look = False
                break
            found = [*page, *found]
            if len(page) < PAGE or int(page[0]["id"]) <= upto:
                break
            before = int(page[0]["id"])
        for message in found:
            message["guild_id"] = str(thread.guild.id)
        first = int(found[0]["id"]) if len(found) >= PAGE else 0
        known = set(await self._letters.list_replies(thread.id, first))
        fresh = [one for one in found if int(one["id"]) not in known]
        await self._take(thread.id, fresh, self._hearing.take)
        changed = [one for one in found if one.get("edited_timestamp")]  # fresh ones may have been heard, not noted
        await self._take(thread.id, changed, self._hearing.take_change)
        gone = known - {int(one["id"]) for one in found} if found and may_look else ()
        told = {"channel_id": str(thread.id), "guild_id": str(thread.guild.id)}
        await self._take(thread.id, [{**told, "id": str(id_)} for id_ in sorted(gone)], self._hearing.take_deletion)

    async def _take(self, channel: int, messages: list[Json], take: Any) -> None:
        read = 0
        for message in messages:
            if _is_bots(message):
                continue
            try:
                await take(message)
                read += 1
            except Exception:  # one message must not keep the others from being read
                log.exception("message not read again", extra={"channel": channel})
        if read:
            log.info("messages were read again", extra={"channel": channel, "messages": read})

    async def _page(self, round_: int, channel: int, **bound: int) -> list[Json] | None:
        """One page, oldest first; None where it cannot be read, or a new round will."""
        for wait in (*WAITS, None):
            try:
                async with self._few:
                    if round_ != self._round:
                        return None
                    query = {"limit": PAGE, **bound}
                    page: list[Json] = await self._rest.call("GET", MESSAGES, query=query, channel_id=channel)
                    return sorted(page, key=lambda message: int(message["id"]))
            except BROKEN as trouble:
                if wait is not None:
                    await asyncio.sleep(max(wait, trouble.wait if isinstance(trouble, NotSent) else 0))
                    continue
                log.warning("conversation not read", extra={"channel": channel, "error": type(trouble).__name__})
            except discord.HTTPException as no:
                log.info("conversation is closed", extra={"channel": channel, "code": no.code})
            return None
        return None


def _is_bots(message: Json) -> bool:
    return bool((message.get("author") or {}).get("bot"))
