"""
What is done with each thing that Discord says.

Interactions are answered side by side. Messages of one channel are taken one after the other, so that an edit never
comes before what it changes; different channels do not wait for each other.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import discord

from adapters.delivering import remember
from adapters.discord.gateway import Gateway, Json
from adapters.discord.inbound import Where, edited, left_out, person_of, taken_back, written
from adapters.discord.letters import Letters
from adapters.discord.replies import Replies
from bot.kernel.event import Event, Person, Said
from bot.kernel.ports import Clock

log = logging.getLogger(__name__)
Job = Callable[[], Awaitable[object]]

EARLY = (0.5, 1.0, 2.0, 5.0, 5.0, 15.0, 30.0, 60.0)  # seconds between looks for such a post: longer than a claim lasts
YOUNG = timedelta(minutes=10)  # so long it may be in doubt whether the message above a thread is ours


class Lines:
    """One line for each channel. The jobs of a line run in order, those of different lines side by side."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Job]] = {}
        self._over = False
        self.tasks: set[asyncio.Task[Any]] = set()

    def start(self, job: Coroutine[Any, Any, object]) -> None:
        """Run it now, in no line. After the end nothing is begun any more."""
        if self._over:
            job.close()
            return
        task = asyncio.create_task(_kept_in(job))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def put(self, line: str, job: Job) -> None:
        if line in self._waiting:
            self._waiting[line].append(job)
        else:
            self._waiting[line] = [job]
            self.start(self._serve(line))

    async def _serve(self, line: str) -> None:
        jobs = self._waiting[line]
        while jobs:
            await _kept_in(jobs.pop(0)())
        del self._waiting[line]

    async def settled(self) -> None:
        """Wait until everything that was begun, and what followed from it, is done."""
        while self.tasks:
            await asyncio.wait(set(self.tasks))

    async def end(self, patience: float) -> None:
        """Let what was begun come to its end, for so many seconds; then call it back."""
        if self.tasks:
            await asyncio.wait(set(self.tasks), timeout=patience)
        self._over = True
        late = set(self.tasks)
        for task in late:
            task.cancel()
        if late:
            log.warning("stopped in the middle", extra={"tasks": len(late)})
            await asyncio.wait(late)


async def _kept_in(job: Awaitable[object]) -> None:
    """One odd payload must not end the line."""
    try:
        await job
    except Exception:  # whatever a payload may hold, or the network does
        log.exception("event failed")


class Hearing:
    """The ears of the gateway. `hold` and `let_go` keep live messages back while older ones are being listed."""

    def __init__(self, client: Gateway, replies: Replies, letters: Letters, clock: Clock) -> None:
        self._client, self.replies, self._letters, self._clock = client, replies, letters, clock
        self.lines = Lines()
        self._opened: dict[int, bool] = {}  # threads that somebody else opened: is the message above them ours?
        self._held: list[tuple[str, Job]] | None = None
        self._early: set[asyncio.Task[None]] = set()  # what was said below a post of which we do not know yet
        client.listen("INTERACTION_CREATE", self.interaction)
        client.listen("MESSAGE_CREATE", self.message)
        client.listen("MESSAGE_UPDATE", self.change)
        client.listen("MESSAGE_DELETE", self.deletion)
        client.listen("MESSAGE_DELETE_BULK", self.deletions)

    def now(self) -> datetime:
        return self._clock.now()

    def hold(self) -> None:
        if self._held is None:
            self._held = []

    def let_go(self) -> None:
        held, self._held = self._held or [], None
        for line, job in held:
            self.lines.put(line, job)

    def put(self, line: str, job: Job) -> None:
        if self._held is None:
            self.lines.put(line, job)
        else:
            self._held.append((line, job))

    # --- what Discord says ---------------------------------------------------------------------------

    def interaction(self, payload: Json) -> None:
        guild = self._guild(payload)
        owner, title = (str(guild.owner_id), guild.name) if guild else ("", "")
        in_forum = guild is not None and self._is_forum(guild, (payload.get("channel") or {}).get("parent_id"))
        self.lines.start(self.replies.answer(payload, owner_id=owner, title=title or "", forum=in_forum))

    def message(self, payload: Json) -> None:
        if self._concerns_us(payload):
            self.put(str(payload["channel_id"]), lambda: self.take(payload))

    def change(self, payload: Json) -> None:
        if self._concerns_us(payload):
            self.put(str(payload["channel_id"]), lambda: self.take_change(payload))

    def deletion(self, payload: Json) -> None:
        if "guild_id" in payload and self._concerns_us(payload):
            self.put(str(payload["channel_id"]), lambda: self.take_deletion(payload))

    def deletions(self, payload: Json) -> None:
        for id_ in payload["ids"]:
            self.deletion({**payload, "id": id_})

    def _concerns_us(self, payload: Json) -> bool:
        """A busy server talks a lot: what is not in a thread, or not a person's, costs no more than this."""
        if (payload.get("author") or {}).get("bot"):
            return False
        thread = self._thread(payload)
        return "guild_id" not in payload or (thread is not None and self._opened.get(thread.id, True))

    # --- in the line of its channel --------------------------------------------------------------------

    async def take(self, payload: Json) -> None:
        """A message: private, or in a thread of ours."""
        place = await self._where(payload)
        event = place and written(payload, self.now(), place, title=self._title(payload))
        if event:
            await self._hear(event, payload)

    async def take_change(self, payload: Json) -> None:
        place = await self._where(payload)
        event = place and edited(payload, self.now(), place, title=self._title(payload))
        if event:
            await self._hear(event, payload)

    async def take_deletion(self, payload: Json) -> None:
        place = await self._where(payload)
        writer = await self._letters.find_writer(int(payload["id"])) if place else 0
        if place and writer:
            event = taken_back(payload, self.now(), place, Person(str(writer)), title=self._title(payload))
            if event:
                await self.replies.hear(event)
                await self._letters.forget_reply(int(payload["id"]))

    async def _hear(self, event: Event, payload: Json) -> None:
        outcome = await self.replies.hear(event, left_out=left_out(payload))
        if outcome.erased:
            return
        channel, message, person = int(payload["channel_id"]), int(payload["id"]), int(person_of(payload).id)
        if not event.group:
            await self._letters.read_private(channel, person, message)
        elif outcome.group and outcome.refused is None:  # else it is read again when the bot comes back
            await self._letters.read_reply(channel, message, person)
        elif not outcome.group and self._is_young(channel):
            task = asyncio.create_task(_kept_in(self._hear_later(event, payload)))
            self._early.add(task)
            task.add_done_callback(self._early.discard)

    async def _hear_later(self, event: Event, payload: Json) -> None:
        """A thread can be there before its post is settled: until then nobody knows whose reply this is."""
        if not isinstance(event.what, Said) or await self.replies.is_post(event.what.under):
            return  # the post is known, so somebody said it who is no member
        for wait in EARLY:
            await asyncio.sleep(wait)
            if await self.replies.is_post(event.what.under):
                self.put(str(payload["channel_id"]), lambda: self._hear(event, payload))
                return

    async def forget_early(self) -> None:
        """The next start reads it again."""
        waiting = set(self._early)
        for task in waiting:
            task.cancel()
        if waiting:
            await asyncio.wait(waiting)

    # --- what the cache knows ----------------------------------------------------------------------------

    async def _where(self, payload: Json) -> Where | None:
        """Where a message stands: a private channel, or a thread of ours; None for other places."""
        if "guild_id" not in payload:
            return Where(str(payload["channel_id"]), type=1)
        thread = self._thread(payload)
        return self._place(thread) if thread and await self.is_ours(thread) else None

    async def is_ours(self, thread: discord.Thread) -> bool:
        """Did this bot open it, or somebody else below a message that this bot posted?"""
        if self._client.user is not None and thread.owner_id == self._client.user.id:
            return True
        if thread.is_private():
            return False
        if thread.id not in self._opened:
            ours = await self.replies.is_post(self._place(thread).under)
            if not ours and self._is_young(thread.id):
                return False
            remember(self._opened, thread.id, ours)
        return self._opened[thread.id]

    def _is_young(self, thread: int) -> bool:
        return self.now() - discord.utils.snowflake_time(thread) < YOUNG

    def _place(self, thread: discord.Thread) -> Where:
        return Where(
            str(thread.id), thread.type.value, str(thread.parent_id), self._is_forum(thread.guild, thread.parent_id)
        )

    def _thread(self, payload: Json) -> discord.Thread | None:
        guild = self._guild(payload)
        return guild.get_thread(int(payload["channel_id"])) if guild else None

    def _guild(self, payload: Json) -> discord.Guild | None:
        guild = payload.get("guild_id")
        return self._client.get_guild(int(guild)) if guild else None

    def _title(self, payload: Json) -> str:
        guild = self._guild(payload)
        return (guild.name or "") if guild else ""

    def _is_forum(self, guild: discord.Guild, channel: object) -> bool:
        parent = guild.get_channel(int(str(channel))) if channel else None
        return isinstance(parent, discord.ForumChannel)
