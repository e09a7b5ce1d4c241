"""
Discord behind the port that every platform has.

Receipts: "<channel>/<message>"; "<thread>/<thread>" for a post in a forum, where message and thread have one id;
"<thread>" for a room.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import datetime

import discord

from adapters.delivering import remember, standing
from adapters.discord.channels import Channels, Kind, told_direct
from adapters.discord.forums import Forums
from adapters.discord.kinds import DIRECT, FORUMS, THREADS, WITH_THREADS
from adapters.discord.messages import Messages
from adapters.discord.permissions import (
    ATTACH,
    HISTORY,
    MANAGE_THREADS,
    PIN,
    SEE,
    WRITE,
    WRITE_IN_THREADS,
    Right,
    forbidden,
)
from adapters.discord.rest import Json, Rest
from adapters.discord.rooms import Rooms
from adapters.discord.threads import Threads, at_best
from bot.kernel.card import pictures_of
from bot.kernel.errors import Reason, Rejected
from bot.kernel.ports import Gathering, Posting, Spot, Target, Thread, To

HAS_THREAD = 1 << 5  # "Message Resource", "Message Flags"
PRIVATE = Kind(DIRECT)
Met = Callable[[str, str], Awaitable[None]]


class DiscordPlatform:
    """
    Over a client that is logged in; what its cache knows of servers saves questions and names rights, no more.

    A message can stand while its thread is refused: `post` raises Rejected then, and whoever tries again finds the
    message. Pinning, locking and removing threads are done as far as the rights go, and are never a reason to refuse.

    What is pinned is the organisers' matter from then on: a message is pinned when it comes, and let go only where a
    posting had it pinned. `met` is told of each private conversation that is opened (channel, person).
    """

    def __init__(self, client: discord.Client, rest: Rest, met: Met | None = None) -> None:
        self._rest, self._met = rest, met
        self._channels = Channels(client, rest)
        self._threads = Threads(rest, self._channels)
        self._messages = Messages(client, rest, self._threads)
        self._forums = Forums(rest, self._channels, self._threads, self._messages)
        self._rooms = Rooms(rest, self._channels, self._threads, self._messages)
        self._private: dict[str, str] = {}  # the channel of a person's private messages
        self._pins: dict[str, bool] = {}  # receipts that are ours to pin, and whether they were pinned
        self._not_found: dict[str, str] = {}  # names that were looked for, because an earlier try may have arrived

    # --- the port --------------------------------------------------------------------------------------

    async def post(self, posting: Posting) -> str:
        if not isinstance(posting.target, To):
            self._channels.require(posting.group)
        if isinstance(posting.target, Gathering):
            return await self._rooms.open(posting, posting.target)
        channel, kind = await self._place(posting.target, posting.group)
        if kind.type in FORUMS:
            return await self._post_in_forum(channel, posting)
        with self._told(channel, kind, posting, *_needed(kind, posting)):
            message = await self._messages.send(channel, posting)
        receipt = f"{channel}/{message['id']}"
        if posting.pinned:
            self._note_pin(receipt, pinned=False)
        with standing():
            if posting.name in self._not_found:
                # Discord may have given back the message of an earlier try, which shows an earlier card.
                message = await self._change(channel, str(message["id"]), kind, posting)
                self._not_found.pop(posting.name, None)
            await self._finish(channel, message, kind, posting)
        return receipt

    async def edit(self, receipt: str, posting: Posting) -> None:
        if not isinstance(posting.target, To):
            self._channels.require(posting.group)
        if isinstance(posting.target, Gathering):
            await self._rooms.change(receipt, posting, posting.target)
            return
        channel, _, message = receipt.partition("/")
        kind = PRIVATE
        if not isinstance(posting.target, To):
            with self._told(channel, None, posting, SEE):
                kind = await self._channels.kind(channel, posting.group)
        shown = await self._change(channel, message, kind, posting)
        if channel == message:
            await self._finish_post(channel, posting)
        else:
            await self._finish(channel, shown, kind, posting)

    async def remove(self, receipt: str) -> None:
        """
        Already gone counts as done.

        Discord keeps the thread of a message that is deleted, without a beginning. So it is deleted as well; where
        the right for that is missing it is closed.
        """
        channel, _, message = receipt.partition("/")
        if not message:
            await self._rooms.remove(receipt)
        elif channel == message:
            await self._forums.remove(channel)
        else:
            with self._channels.told(channel, SEE):
                await self._messages.remove(channel, message)
                known = self._channels.cached(channel)
                if known is None or known.type.value in WITH_THREADS:
                    await self._threads.delete(message)

    async def find(self, target: Target, name: str, since: datetime) -> str | None:
        receipt = await self._find(target, name, since)
        if receipt is None:
            remember(self._not_found, name, name)
        else:
            self._note_pin(receipt, pinned=False)  # whoever sent it did not get as far as that
        return receipt

    # --- steps -----------------------------------------------------------------------------------------

    async def _find(self, target: Target, name: str, since: datetime) -> str | None:
        if isinstance(target, Gathering):
            return await self._rooms.find(target, name, since)
        channel, kind = await self._place(target, "")
        if kind.type in FORUMS:
            return await self._forums.find(channel, name, since)
        if kind != PRIVATE and self._channels.lacks(channel, HISTORY):
            # Discord shows an empty channel then ("Get Channel Messages"), and we would write everything twice.
            raise Rejected(Reason.FORBIDDEN, forbidden(self._channels.where(channel, HISTORY)))
        with self._told(channel, kind, None, HISTORY, SEE):
            found = await self._messages.find(channel, name, since)
        return f"{channel}/{found['id']}" if found else None

    async def _place(self, target: Spot | Thread | To, group: str) -> tuple[str, Kind]:
        """The channel where this target is written to."""
        match target:
            case To(person):
                return await self._open_private(person), PRIVATE
            case Spot(channel):
                with self._channels.told(channel, SEE, group=group):
                    return channel, await self._channels.kind(channel, group)
            case Thread(receipt):
                channel, _, message = receipt.partition("/")
                with self._channels.told(channel, SEE, group=group):
                    kind = await self._channels.kind(channel, group)
                if channel != message and kind.type in WITH_THREADS:
                    return message, Kind(THREADS[0], kind.guild)
                return channel, kind  # private messages and rooms have no threads: what belongs below comes after

    async def _open_private(self, person: str) -> str:
        if person not in self._private:
            with told_direct():
                opened = await self._rest.call("POST", "/users/@me/channels", json={"recipient_id": person})
            remember(self._private, person, str(opened["id"]))
            if self._met is not None:
                await self._met(self._private[person], person)
        return self._private[person]

    async def _post_in_forum(self, forum: str, posting: Posting) -> str:
        with self._channels.told(forum, WRITE, *_files(posting), group=posting.group):
            receipt = await self._forums.post(forum, posting)
        if posting.pinned:
            self._note_pin(receipt, pinned=False)
        with standing():
            await self._finish_post(receipt.partition("/")[0], posting)
        return receipt

    async def _finish_post(self, thread: str, posting: Posting) -> None:
        receipt = f"{thread}/{thread}"
        if self._is_to_change(receipt, posting) and not self._channels.lacks(thread, MANAGE_THREADS, posting.group):
            told = self._channels.told(thread, MANAGE_THREADS, group=posting.group)
            with at_best("discord.not_pinned", thread), told:
                await self._forums.pin(thread, pinned=posting.pinned)
                self._note_pin(receipt, pinned=posting.pinned)
        await self._forums.finish(thread, posting)

    async def _change(self, channel: str, message: str, kind: Kind, posting: Posting) -> Json:
        with self._told(channel, kind, posting, *_needed(kind, posting)):
            return await self._messages.change(channel, message, posting)

    async def _finish(self, channel: str, message: Json, kind: Kind, posting: Posting) -> None:
        """The thread, the pin and the lock of a message that stands; `message` is as Discord shows it now."""
        number = str(message["id"])
        if posting.thread is not None and kind.type in WITH_THREADS:
            if not message.get("flags", 0) & HAS_THREAD:
                await self._threads.start(channel, number, posting.thread, posting.group)
            state = (message.get("thread") or {}).get("thread_metadata")
            if posting.closed:
                await self._threads.close(number, state, posting.group)
            else:
                await self._threads.reopen(number, state, posting.group)
        receipt = f"{channel}/{number}"
        if self._is_to_change(receipt, posting) and not self._channels.lacks(channel, PIN, posting.group):
            with at_best("discord.not_pinned", channel), self._told(channel, kind, posting, PIN):
                await self._messages.pin(channel, number, pinned=posting.pinned)
                self._note_pin(receipt, pinned=posting.pinned)

    def _note_pin(self, receipt: str, *, pinned: bool) -> None:
        remember(self._pins, receipt, pinned)

    def _is_to_change(self, receipt: str, posting: Posting) -> bool:
        """Whether it is ours to pin, or to let go."""
        return self._pins.get(receipt, posting.pinned) != posting.pinned

    def _told(
        self, channel: str, kind: Kind | None, posting: Posting | None, *needed: Right
    ) -> AbstractContextManager[None]:
        if kind == PRIVATE:
            return told_direct()
        group, target = (posting.group, posting.target) if posting else ("", None)
        if isinstance(target, Thread):  # an archived thread is not in the cache, its channel is
            return self._channels.told(target.receipt.partition("/")[0], *needed, group=group, thread=True)
        return self._channels.told(channel, *needed, group=group)


def _needed(kind: Kind, posting: Posting) -> tuple[Right, ...]:
    return (WRITE_IN_THREADS if kind.type in THREADS else WRITE, *_files(posting))


def _files(posting: Posting) -> tuple[Right, ...]:
    return (ATTACH,) if posting.card.files or pictures_of(posting.card) else ()
