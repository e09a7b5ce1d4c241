"""
Slack behind the port that every platform has.

Receipts: "<channel>/<ts>"; "<channel>" for a room, which is the group message of its people.

Slack has no title for a thread, no quiet message and no lock for a thread: those wishes show nothing here.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol

from slack_sdk.errors import SlackApiError

from adapters.delivering import remember, standing
from adapters.slack.delivery import (
    BOT,
    DIRECT,
    KEPT,
    NO_CHANNEL,
    NO_MESSAGE,
    NO_SCOPE,
    NO_THREAD,
    NOT_IN_CHANNEL,
    TROUBLES,
    delivery_error,
)
from adapters.slack.markup import is_person, mentioned, with_names
from adapters.slack.pictures import Pictures
from adapters.slack.translate import Pictures as Ids
from adapters.slack.translate import card_message, carries, files_of
from adapters.slack.web import Json, Web, error_word
from bot.kernel.card import Card, Para
from bot.kernel.errors import Later, Reason, Rejected
from bot.kernel.ports import Gathering, Posting, Spot, Target, Thread, To
from bot.kernel.text import md

log = logging.getLogger(__name__)

PAGE = 200  # messages in one answer; Slack gives up to 999
ROOM = 8  # Slack: people in a group message beside the bot ("conversations.open")
UNREADABLE = (NO_SCOPE, NOT_IN_CHANNEL, NO_CHANNEL, NO_THREAD)  # nothing can be looked for there
GONE = (NO_MESSAGE, NO_CHANNEL)
PINNED_AS_WISHED = ("already_pinned", "no_pin", "not_pinned")
NOT_FOR_EDITS = ("unfurl_links", "unfurl_media")  # chat.update does not know them
REMOVED = "This message was taken back."
MOVED = Card("The people here have changed", (Para(md("This conversation goes on in a new group message.")),))

Names = Callable[[Sequence[str]], Awaitable[Sequence[str]]]
Sort = tuple[str, int]  # a file's name and its size in bytes


class Readers(Protocol):
    """Whoever reads what people write below posts."""

    def expect(self, post: str) -> None:
        """This post stood for a while, and nobody knew it."""

    def stands(self, post: str) -> None:
        """Slack shows this post as it should be; next it is noted."""


class SlackPlatform:
    """
    One workspace. `me` is the bot's own user id, and `bot` its name there; `names` tells what people call these
    members, in their order. `readers` are told of posts, once there are any.

    A post mentions nobody, because Slack would notify them: it shows their names. Replies, and private messages, which
    only one person reads, mention.

    Slack knows no way to send a message once. An earlier try is looked for in the history; where that cannot be read
    `find` gives None, and what was in doubt is sent again: then a message may stand twice.

    A message can stand while its files are refused: `post` raises Rejected then, and whoever tries again finds the
    message. Pinning is done as far as the scopes go, and is never a reason to refuse.
    """

    def __init__(self, web: Web, me: str, names: Names, bot: str = BOT, pictures: Pictures | None = None) -> None:
        self._web, self._me, self._names, self._bot = web, me, names, bot
        self._pictures = pictures or Pictures(web)
        self.readers: Readers | None = None
        self._pinned: dict[str, bool] = {}  # as far as this process did it
        self._handed_out: dict[str, set[Sort]] = {}  # the files below a message that are known to stand

    # --- the port --------------------------------------------------------------------------------------

    async def post(self, posting: Posting) -> str:
        if isinstance(posting.target, Gathering):
            return await self._open_room(posting.target)
        to = posting.target  # a person stands for the conversation with them: to open it would be a call more
        channel, thread = (to.person, "") if isinstance(to, To) else await self._place(to)
        message, shown = await self._message(posting)
        if thread:
            message["thread_ts"] = thread
        async with self._told(channel), self._pictures.named(shown):
            sent = await self._web.call("chat.postMessage", channel=channel, **message)
        receipt = f"{sent['channel']}/{sent['ts']}"
        with standing():
            await self._finish(receipt, posting, {}, fresh=True)
        self._say_stands(receipt, posting.target)
        return receipt

    async def edit(self, receipt: str, posting: Posting) -> str | None:
        """Another receipt (text) where it cannot stay the same: other people have another group message. Else None."""
        if isinstance(posting.target, Gathering):
            return await self._move_room(receipt, posting, posting.target)
        channel, _, ts = receipt.partition("/")
        message, pictures = await self._message(posting)
        for key in NOT_FOR_EDITS:
            message.pop(key, None)
        async with self._told(channel), self._pictures.named(pictures):
            shown = await self._web.call("chat.update", channel=channel, ts=ts, **message)
        await self._finish(receipt, posting, shown.get("message") or {}, fresh=False)
        self._say_stands(receipt, posting.target)
        return None

    async def remove(self, receipt: str) -> None:
        """
        Already gone counts as done. Replies below a message stay, under a line of Slack's that it was deleted.

        Where the workspace lets nobody delete, a line of ours takes its place. A room stays: what people wrote there
        is theirs.
        """
        channel, _, ts = receipt.partition("/")
        if not ts:
            return
        async with self._told(channel):
            try:
                await self._web.call("chat.delete", channel=channel, ts=ts)
            except SlackApiError as error:
                if error_word(error) in KEPT:  # its name goes, too: metadata that is left out would stay (chat.update)
                    await self._web.call("chat.update", channel=channel, ts=ts, text=REMOVED, blocks=[], metadata={})
                elif error_word(error) not in GONE:
                    raise
        for known in (self._pinned, self._handed_out):
            known.pop(receipt, None)

    async def find(self, target: Target, name: str, since: datetime) -> str | None:
        if isinstance(target, Gathering):
            return await self._open_room(target)  # Slack gives the one that stands
        channel, thread = await self._place(target)
        async with self._told(channel):
            try:
                async for message in self._written(channel, thread, f"{since.timestamp():.6f}"):
                    if self._is_ours(message) and carries(message, name):
                        found = f"{channel}/{message['ts']}"
                        if self.readers and isinstance(target, Spot):
                            self.readers.expect(found)
                        return found
            except SlackApiError as error:
                if error_word(error) not in UNREADABLE:
                    raise
                extra = {"action": "slack.history_closed", "why": error_word(error), "channel": channel}
                log.info("a message may come twice here, because earlier ones cannot be read", extra=extra)
        return None

    def _say_stands(self, receipt: str, target: Target) -> None:
        if self.readers and isinstance(target, Spot):  # elsewhere nobody has a thread of ours
            self.readers.stands(receipt)

    # --- words ---------------------------------------------------------------------------------------

    async def _message(self, posting: Posting) -> tuple[Json, Ids]:
        """The message, and the pictures that it shows."""
        card, members = posting.card, mentioned(posting.card)
        if members and not isinstance(posting.target, To):
            card = with_names(card, dict(zip(members, await self._names(members), strict=True)))
        async with self._told():
            pictures = await self._pictures.hand_in([card])
        return card_message([card], name=posting.name, pictures=pictures), pictures

    # --- places ----------------------------------------------------------------------------------------

    async def _place(self, target: Spot | Thread | To) -> tuple[str, str]:
        """The channel, and the `ts` of the message under which is written; empty where that is no thread."""
        match target:
            case Spot(channel):
                return channel, ""
            case Thread(receipt):
                channel, _, ts = receipt.partition("/")
                return channel, ts
            case To(person):
                async with self._told():
                    opened = await self._web.call("conversations.open", users=person)
                return str(opened["channel"]["id"]), ""

    async def _written(self, channel: str, thread: str, oldest: str) -> AsyncIterator[Json]:
        """Every message since then, page by page."""
        method = "conversations.replies" if thread else "conversations.history"
        asked: Json = {"channel": channel, "oldest": oldest, "inclusive": True, "limit": PAGE}
        asked |= {"include_all_metadata": True, **({"ts": thread} if thread else {})}
        while True:
            page = await self._web.call(method, **asked)
            for message in page["messages"]:
                yield message
            asked["cursor"] = (page.get("response_metadata") or {}).get("next_cursor")
            if not asked["cursor"]:
                return

    def _is_ours(self, message: Json) -> bool:
        """Whether we wrote it and it stands; of a removed message with replies Slack keeps a stone."""
        return message.get("user") == self._me and message.get("subtype") != "tombstone"

    # --- rooms -----------------------------------------------------------------------------------------

    async def _open_room(self, people: Gathering) -> str:
        """The group message of these people. Opened again, it is the same one."""
        if len(people.persons) > ROOM:
            raise Rejected(Reason.FORBIDDEN, f"A group message holds {ROOM} people beside {BOT}. Make it smaller.")
        async with self._told():
            opened = await self._web.call("conversations.open", users=",".join(sorted(people.persons)))
        return str(opened["channel"]["id"])

    async def _move_room(self, receipt: str, posting: Posting, people: Gathering) -> str | None:
        room = await self._open_room(people)
        if room == receipt:
            return None
        farewell = card_message([MOVED], name=f"{posting.name}/moved/{room}")
        try:
            await self._web.call("chat.postMessage", channel=receipt, **farewell)
        except (*TROUBLES, Later) as error:
            # What counts is the new room, and this line may be missing in the old one.
            extra = {"action": "slack.room_left_silently", "why": str(error)[:200]}
            log.warning("nobody was told that a room moved", extra=extra)
        return room

    # --- what comes with a message -------------------------------------------------------------------------

    async def _finish(self, receipt: str, posting: Posting, shown: Json, *, fresh: bool) -> None:
        """Files and pin of a message that stands. `shown` is what Slack says of it after a change."""
        channel, _, ts = receipt.partition("/")
        if files := files_of([posting.card]):
            wanted = {(one.name, len(one.content)) for one in files}
            thread = posting.target.receipt.partition("/")[2] if isinstance(posting.target, Thread) else ts
            async with self._told(channel):
                if fresh or not await self._stand(receipt, thread, wanted):
                    await self._web.upload(files, channel, thread)
            remember(self._handed_out, receipt, wanted)
        pinned = self._pinned.get(receipt, channel in (shown.get("pinned_to") or ()))
        if posting.pinned != pinned:
            await self._pin(receipt, pinned=posting.pinned)

    async def _stand(self, receipt: str, thread: str, wanted: set[Sort]) -> bool:
        """
        Are these files below the message? An edit changes no file that stands.

        Where nobody can look they do: only a crash right before they were handed out makes that untrue.
        """
        if self._handed_out.get(receipt) == wanted:
            return True
        channel, _, ts = receipt.partition("/")
        missing = set(wanted)
        try:
            async for message in self._written(channel, thread, ts):
                if self._is_ours(message):
                    missing -= {(str(one.get("name")), int(one.get("size") or 0)) for one in message.get("files") or ()}
        except SlackApiError as error:
            if error_word(error) not in UNREADABLE:
                raise
            return True
        return not missing

    async def _pin(self, receipt: str, *, pinned: bool) -> None:
        """As far as it goes: a message without its pin is worth more than none."""
        channel, _, ts = receipt.partition("/")
        try:
            await self._web.call("pins.add" if pinned else "pins.remove", channel=channel, timestamp=ts)
        except (*TROUBLES, Later) as error:
            if error_word(error) not in PINNED_AS_WISHED:
                extra = {"action": "slack.not_pinned", "channel": channel, "why": error_word(error) or str(error)[:200]}
                log.warning("a pin was not changed", extra=extra)
                return
        remember(self._pinned, receipt, pinned)

    # --- errors, in words ----------------------------------------------------------------------------------

    @asynccontextmanager
    async def _told(self, channel: str = "") -> AsyncIterator[None]:
        """What goes wrong inside goes wrong in this channel, and is said in the port's words."""
        try:
            yield
        except TROUBLES as error:
            place = await self._called(channel) if error_word(error) else ""
            raise delivery_error(error, place, self._bot) from error

    async def _called(self, channel: str) -> str:
        """What people call this channel."""
        if not channel or channel.startswith("D") or is_person(channel):
            return DIRECT
        try:
            told = (await self._web.call("conversations.info", channel=channel))["channel"]
        except (*TROUBLES, Later):
            return "a channel"
        return "a group message" if told.get("is_mpim") else f"#{told['name']}"
