"""
What was written while nobody listened, read again where Slack lets us.

Slack tells of a message at once, after a minute and after five more, then never again. After a longer break, and after
each start, it is read in the history: private conversations, and the threads of the newest posts where the scope for it
is granted. Presses and forms are lost then; whoever made them saw that they failed.

So is the thread of a post of which nobody knew for a while that it stands: until then, what is said below it is no
reply to anything.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from adapters.delivering import remember
from adapters.slack.delivery import NO_THREAD, TROUBLES, delivery_error
from adapters.slack.heard_records import Heard, find_lost, list_heard, list_posts, list_private
from adapters.slack.people import People
from adapters.slack.replies import GONE, Replies
from adapters.slack.web import Json, Pace, Web, Window, error_word
from bot.app import App
from bot.engine import outbox
from bot.kernel.errors import Later, Rejected

log = logging.getLogger(__name__)

BREAK = timedelta(minutes=1)  # after a shorter one Slack's repeats say everything
MARGIN = timedelta(hours=1)  # before the break: what was heard of it, but not dealt with, or changed since
BACK = timedelta(days=3)  # so old may a post be below which is read; and so far back where no earlier run is known
PAGE = 200  # messages in one answer; Slack recommends no more
PAGES = 20  # of one conversation; whatever comes after them is left to those who wrote it
WAITS = (1.0, 5.0, 15.0, 60.0)  # seconds until a conversation is asked for again
NOTED = (0.0, 0.02, 0.1, 0.5, 2.0, 5.0)  # seconds between looks whether a post that stands is noted: that comes next


class Catchup:
    """
    Every message goes the way of a live one; the core recognises what was dealt with before.

    It takes no more than half of what Slack gives, because what is to be posted may have to be looked for meanwhile.
    `pace` multiplies the waits; tests shorten them.
    """

    def __init__(
        self, app: App, web: Web, replies: Replies, people: People, tenant: str, tier: Window, *, pace: float = 1.0
    ) -> None:
        self._app, self._web, self._replies, self._people, self._tenant = app, web, replies, people, tenant
        times, span = tier
        self._turns, self._pace = Pace((max(1, times // 2), span)), pace
        self._lost: datetime | None = None  # since when nobody is heard, or was when that came to an end
        self._since: datetime | None = None  # what the round that is going on reads from
        self._round: asyncio.Task[None] | None = None
        self._heard: Heard = {}
        self._closed: set[str] = set()  # channels that nobody may read
        self._early: dict[str, None] = {}  # posts that were not known when somebody wrote below them, or may have
        self._stood: dict[str, None] = {}  # the newest posts that Slack has shown
        self._below: dict[str, asyncio.Task[None]] = {}

    def hears(self, *, connected: bool) -> None:
        """Slack is heard from now on, or not any more."""
        now, lost = self._app.clock.now(), self._lost
        if not connected:
            self._lost = now
        elif lost is None or now - lost >= BREAK:
            if lost is not None:
                self._people.doubt()
            if self._round and not self._round.done():
                lost = min(lost, self._since) if lost and self._since else None  # nor has that been read to its end
                self._round.cancel()
            self._since = None
            self._round = asyncio.create_task(self._read_on(lost), name="slack reads on")

    def expect(self, post: str) -> None:
        """Somebody wrote below this message of ours, or may have, before it is known: read that when it is."""
        remember(self._early, post, None)
        if post in self._stood:
            self._read_below(post)

    def stands(self, post: str) -> None:
        """Slack shows this message as it should be. In a moment that is noted."""
        remember(self._stood, post, None)
        if post in self._early:
            self._read_below(post)

    def end(self) -> None:
        """The next start begins again: nothing is lost by that."""
        for task in filter(None, (self._round, *self._below.values())):
            task.cancel()

    async def settled(self) -> None:
        """Wait until everything that can be read is read."""
        while tasks := {*self._below.values(), *({self._round} if self._round and not self._round.done() else ())}:
            await asyncio.wait(tasks)

    # --- inside ----------------------------------------------------------------------------------------

    async def _read_on(self, lost: datetime | None) -> None:
        try:
            lost = lost or await self._app.store.read(find_lost)
            now = self._app.clock.now()
            self._since = lost or now - BACK
            oldest = self._since - MARGIN
            self._heard = await self._app.store.read(lambda tx: list_heard(tx, self._tenant))
            people = await self._app.store.read(lambda tx: list_private(tx, self._tenant, self._heard))
            posts = await self._app.store.read(lambda tx: list_posts(tx, self._tenant, now - BACK))
            self._closed.clear()
            for channel in filter(None, people.values()):
                await self._patiently(channel, partial(self._private, channel, oldest))
            for post in posts:
                await self._patiently(post.partition("/")[0], partial(self._thread, post, self._heard))
            for member in (member for member, channel in people.items() if not channel):
                await self._patiently(member, partial(self._unknown, member, oldest))
        except Exception:  # live messages go on
            log.exception("earlier messages not read", extra={"workspace": self._tenant})

    def _read_below(self, post: str) -> None:
        if post not in self._below:
            self._below[post] = task = asyncio.create_task(self._read_noted(post), name="slack reads below a post")
            task.add_done_callback(lambda _: self._below.pop(post))

    async def _read_noted(self, post: str) -> None:
        """As soon as the post is noted. Where that fails it stays in doubt, and whoever settles it comes here again."""
        try:
            for wait in NOTED:
                await asyncio.sleep(wait)
                if await self._app.store.read(lambda tx: outbox.find_by_receipt(tx, self._tenant, post)):
                    break
            else:
                return
            self._early.pop(post, None)
            heard = await self._app.store.read(lambda tx: list_heard(tx, self._tenant))
            await self._patiently(post.partition("/")[0], partial(self._thread, post, heard))
        except Exception:  # live messages go on
            log.exception("replies to a post not read", extra={"workspace": self._tenant})

    async def _patiently(self, place: str, job: Callable[[], Awaitable[None]]) -> None:
        """Do it, again after a limit or a broken network. What Slack refuses stays unread."""
        for wait in (*WAITS, None):
            if place in self._closed:
                return
            try:
                async with self._turns.turn():
                    await job()
            except (*TROUBLES, Later) as trouble:
                no = delivery_error(trouble)
                about = {"workspace": self._tenant, "channel": place, "error": error_word(trouble) or str(no)}
                if isinstance(no, Rejected):
                    if about["error"] != NO_THREAD:
                        self._closed.add(place)
                    log.info("conversation is closed", extra=about)
                    return
                if wait is None:
                    log.warning("conversation not read", extra=about)
                    return
                told = no.wait.total_seconds() if isinstance(no, Later) else 0.0
                await asyncio.sleep(max(wait * self._pace, told))
            else:
                return

    async def _unknown(self, member: str, oldest: datetime) -> None:
        """A member whom the bot never wrote to, and who never wrote to it: until now, perhaps."""
        opened = await self._web.call("conversations.open", users=member)
        await self._private(str(opened["channel"]["id"]), oldest)

    async def _private(self, channel: str, oldest: datetime) -> None:
        async with self._replies.turns.of(channel):
            messages, _ = await self._pages(
                "conversations.history", channel=channel, oldest=f"{oldest.timestamp():.6f}"
            )
            await self._take(channel, "im", messages, self._heard.get(channel, {}))

    async def _thread(self, post: str, known: Heard) -> None:
        """What stands there, and what does not any more. Nothing is taken back where the page may not be the whole."""
        channel, _, above = post.partition("/")
        async with self._replies.turns.of(channel):
            messages, is_whole = await self._pages("conversations.replies", channel=channel, ts=above)
            there = {str(message["ts"]) for message in messages}
            if above not in there or messages[0].get("subtype") == "tombstone":
                return
            heard = known.get(post, {})
            await self._take(channel, "channel", messages[1:], heard)
            gone = {ts: member for ts, member in heard.items() if "/" not in ts and ts not in there} if is_whole else {}
            for ts, member in gone.items():
                if f"{ts}/{GONE}" not in heard:
                    before = {"type": "message", "user": member, "ts": ts, "thread_ts": above}
                    told = {"subtype": "message_deleted", "deleted_ts": ts, "previous_message": before}
                    await self._hear(channel, "channel", {"type": "message", **told})

    async def _take(self, channel: str, kind: str, messages: Sequence[Json], heard: Mapping[str, str]) -> None:
        """Each one of a person that was not dealt with as it stands now."""
        for message in messages:
            edited = (message.get("edited") or {}).get("ts")
            name = f"{message['ts']}/{edited}" if edited else str(message["ts"])
            if not message.get("bot_id") and name not in heard:
                await self._hear(channel, kind, message)

    async def _hear(self, channel: str, kind: str, message: Json) -> None:
        happened = {**message, "channel": channel, "channel_type": kind}
        try:
            await self._replies.hear({"type": "event_callback", "event": happened}, again=True)
        except (*TROUBLES, Later):
            raise
        except Exception:  # one message must not keep the others from being read
            log.exception("message not read again", extra={"workspace": self._tenant, "channel": channel})

    async def _pages(self, method: str, **asked: Any) -> tuple[Sequence[Json], bool]:
        """The messages, oldest first, and whether these are all."""
        found: dict[str, Json] = {}
        for _ in range(PAGES):
            page = await self._web.call(method, limit=PAGE, include_all_metadata=True, **asked)
            found |= {str(message["ts"]): message for message in page.get("messages") or ()}
            asked["cursor"] = (page.get("response_metadata") or {}).get("next_cursor")
            if not asked["cursor"]:
                return [found[ts] for ts in sorted(found)], not page.get("has_more")
        return [found[ts] for ts in sorted(found)], False
