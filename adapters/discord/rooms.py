"""
Rooms: private threads for a few people, beside a channel of the group.

A thread has no mark of its own, so its name ends with six hex digits of the room's name, and its first message, the
roster, carries the full mark and says who was let in.
"""

import logging
import re
from datetime import datetime
from typing import Any

import discord

from adapters.delivering import standing
from adapters.discord.channels import Channels
from adapters.discord.delivery import NO_ACCESS, NO_RIGHT
from adapters.discord.kinds import PRIVATE_THREAD, TEXT
from adapters.discord.messages import Messages
from adapters.discord.permissions import ANOTHER_CHANNEL, HISTORY, PRIVATE_THREADS, WRITE_IN_THREADS, forbidden
from adapters.discord.rest import Json, Rest
from adapters.discord.threads import Threads, at_best
from adapters.discord.translate import mark, walk
from bot.kernel.card import THREAD_TITLE
from bot.kernel.errors import Reason, Rejected
from bot.kernel.ports import Gathering, Posting

log = logging.getLogger(__name__)

WEEK = 10_080  # minutes without a message until a room leaves the list of channels: the longest that Discord knows
GONE_PERSON = (10007, 10013)  # Unknown Member, Unknown User
_MENTION = re.compile(r"<@!?(\d+)>")


class Rooms:
    def __init__(self, rest: Rest, channels: Channels, threads: Threads, messages: Messages) -> None:
        self._rest, self._channels, self._threads, self._messages = rest, channels, threads, messages

    async def open(self, posting: Posting, people: Gathering) -> str:
        """A new room; its receipt is the thread's id."""
        if not people.beside:
            raise Rejected(Reason.GONE, f"There is no channel for rooms. {ANOTHER_CHANNEL}")
        needed = (PRIVATE_THREADS, WRITE_IN_THREADS)
        with self._channels.told(people.beside, *needed, group=posting.group):
            if (await self._channels.kind(people.beside, posting.group)).type != TEXT:
                place = self._channels.where(people.beside, group=posting.group).place
                raise Rejected(
                    Reason.FORBIDDEN, f"Rooms need an ordinary text channel; {place} is none. {ANOTHER_CHANNEL}"
                )
            thread = await self._rest.call(
                "POST", "/channels/{channel_id}/threads",
                json={"name": room_title(posting), "type": PRIVATE_THREAD, "invitable": False,
                      "auto_archive_duration": WEEK},
                once=True, channel_id=people.beside,
            )  # fmt: skip
        with standing():
            await self._furnish(str(thread["id"]), posting, people)
        return str(thread["id"])

    async def change(self, receipt: str, posting: Posting, people: Gathering) -> None:
        """Let out who left, let in who came; an archived room is opened for it."""
        with self._channels.told(people.beside or receipt, WRITE_IN_THREADS, group=posting.group):
            if self._channels.lacks(people.beside, HISTORY, posting.group):
                # Discord shows an empty room then, and everybody would be introduced once more.
                raise Rejected(
                    Reason.FORBIDDEN, forbidden(self._channels.where(people.beside, HISTORY, group=posting.group))
                )
            room = await self._rest.call("GET", "/channels/{channel_id}", channel_id=receipt)
            if room.get("thread_metadata", {}).get("archived"):
                await self._alter(receipt, {"archived": False})
            if room.get("name") != room_title(posting):
                with at_best("discord.room_not_renamed", receipt):
                    await self._alter(receipt, {"name": room_title(posting)})
        await self._furnish(receipt, posting, people)

    async def remove(self, receipt: str) -> None:
        """The room is closed, and stays readable: what people wrote there is theirs."""
        await self._threads.close(receipt, None, "")

    async def find(self, people: Gathering, name: str, since: datetime) -> str | None:
        if not people.beside:
            return None
        after = discord.utils.time_snowflake(since)
        with self._channels.told(people.beside, PRIVATE_THREADS):
            guild = (await self._channels.kind(people.beside)).guild
            threads = await self._threads.active(guild) + await self._threads.archived_rooms(people.beside, after)
        for thread in threads:
            ours = thread["type"] == PRIVATE_THREAD and str(thread.get("owner_id")) == self._messages.me
            if ours and thread["name"].endswith(_sign(name)) and int(thread["id"]) >= after:
                return str(thread["id"])
        return None

    async def _furnish(self, room: str, posting: Posting, people: Gathering) -> None:
        """The roster stays as it was until everybody is in or out, so that an interrupted change can be done again."""
        place = people.beside or room
        with self._channels.told(place, WRITE_IN_THREADS, HISTORY, group=posting.group):
            roster = await self._messages.find(room, posting.name, discord.utils.snowflake_time(int(room)))
            if roster is None:
                roster = await self._messages.send(room, posting)
            for person in sorted(on_roster(roster) - {*people.persons}):
                await self._let_out(room, person)
            shut_out = [person for person in people.persons if not await self._let_in(room, person)]
            await self._messages.change(room, str(roster["id"]), posting)
        if shut_out:
            seen = self._channels.where(place, group=posting.group).place
            raise Rejected(
                Reason.FORBIDDEN,
                f"Somebody cannot be let into their room, because they do not see {seen}. "
                "Let all members see it, or choose another channel for rooms.",
            )

    async def _let_in(self, room: str, person: str) -> bool:
        """False where Discord does not allow it. Who is no longer there needs no room; who is in already stays in."""
        try:
            await self._rest.call(
                "PUT", "/channels/{channel_id}/thread-members/{user_id}", channel_id=room, user_id=person
            )
        except discord.HTTPException as error:
            if error.code in (NO_ACCESS, NO_RIGHT):
                return False
            if error.code not in GONE_PERSON:
                raise
            log.info("somebody was gone before their room was ready", extra={"action": "discord.room_without_one"})
        return True

    async def _let_out(self, room: str, person: str) -> None:
        try:
            await self._rest.call(
                "DELETE", "/channels/{channel_id}/thread-members/{user_id}", channel_id=room, user_id=person
            )
        except discord.NotFound as error:
            if not error.code:  # it is not Discord who says so
                raise
            log.info("somebody had left the room already", extra={"action": "discord.room_left_already"})

    async def _alter(self, room: str, to: Json) -> Any:
        return await self._rest.call("PATCH", "/channels/{channel_id}", json=to, channel_id=room)


def room_title(posting: Posting) -> str:
    """The card's title, then the sign by which the room is found again."""
    sign = _sign(posting.name)
    return f"{' '.join(posting.card.title.split())[: THREAD_TITLE - len(sign)]}{sign}"


def _sign(name: str) -> str:
    return f" · {mark(name)[:6]}"


def on_roster(message: Json) -> set[str]:
    """The people whom a roster names."""
    return {
        person
        for part in walk(message.get("components") or ())
        for person in _MENTION.findall(part.get("content") or "")
    }
