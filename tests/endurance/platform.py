"""
A pretend chat platform that outlives the bot's process and is as unkind as real ones are.

It takes one connection a call. Of a share of the calls it drops the connection, half of them after it has accepted what
was asked: nobody at the other end can tell which. What it accepted in doubt slips behind sixty newer messages.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from bot.kernel.calendar import Draw
from bot.kernel.card import Card
from bot.kernel.errors import Reason
from bot.kernel.ports import Clock, Gathering, Posting, Target, Thread
from tests.endurance.wire import receive, send

PAGE = 50  # messages in one answer about the past
CROWD = 60  # newer messages that hide one: more than a page

Moment = Callable[[str], None]  # arrived, accepted, answered
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Standing:
    """What people can see."""

    receipt: str
    posting: Posting

    @property
    def card(self) -> Card:
        return self.posting.card


@dataclass(frozen=True, slots=True)
class Past:
    """An entry of a channel's past; others' messages have no receipt here."""

    number: int
    at: datetime
    name: str = ""
    receipt: str = ""


class Refused(Exception):
    """The platform says no, for good."""


class PretendPlatform:
    def __init__(self, clock: Clock, dice: Draw, *, ambiguous: float) -> None:
        """`ambiguous` is the share of calls whose connection is dropped; `moment` hears of each step of a call."""
        self.clock, self.dice, self.ambiguous = clock, dice, ambiguous
        self.standing: dict[str, Standing] = {}
        self.doubles: list[str] = []  # names that were created while a message of that name stood
        self.calls = self.dropped = 0
        self.moment: Moment = lambda _: None
        self.lives: asyncio.Queue[Line] = asyncio.Queue()
        self._past: dict[Target, list[Past]] = {}
        self._recent: list[Target] = []
        self._numbers = count(1)
        self._open: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def serve(self, path: Path) -> None:
        self._server = await asyncio.start_unix_server(self._meet, path)

    async def close(self) -> None:
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    async def quiet(self) -> None:
        """
        Until everything that a dead process had sent is done with.

        Then what it sent last slips out of sight, as in the minute and a half before anybody may look for it.
        """
        while self._open:
            await asyncio.wait(self._open)
        for target in self._recent:
            self._crowd(target)
        self._recent.clear()

    # --- one call -----------------------------------------------------------------------

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        try:
            first = await receive(reader)
            if first == "life":
                self.lives.put_nowait((reader, writer))
                return
            if task:
                self._open.add(task)
            await self._answer(writer, *first)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # it died while it spoke or before it could hear the answer
        finally:
            if task:
                self._open.discard(task)
        writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, verb: str, *args: object) -> None:
        self.calls += 1
        self.moment("arrived")
        fate = self.dice.random()
        if fate < self.ambiguous / 2:
            self.dropped += 1
            return
        try:
            answer = ("fine", getattr(self, f"_{verb}")(*args))
        except Refused as no:
            answer = (Reason.GONE.value, str(no))
        self.moment("accepted")
        if fate < self.ambiguous:
            self.dropped += 1
            await asyncio.sleep(0)
            self._hide()
            return
        await send(writer, answer)
        self.moment("answered")

    # --- the verbs ------------------------------------------------------------------------

    def _post(self, posting: Posting) -> str:
        if isinstance(posting.target, Thread) and posting.target.receipt not in self.standing:
            raise Refused("The message with this thread is no longer there.")
        if any(seen.posting.name == posting.name for seen in self.standing.values()):
            self.doubles.append(posting.name)
        number = next(self._numbers)
        receipt = f"p{number}"
        self.standing[receipt] = Standing(receipt, posting)
        target = _whose_past(posting.target)
        self._past.setdefault(target, []).append(Past(number, self.clock.now(), posting.name, receipt))
        self._recent = [*self._recent[-7:], target]
        return receipt

    def _edit(self, receipt: str, posting: Posting) -> None:
        if receipt not in self.standing:
            raise Refused("The message is no longer there.")
        self.standing[receipt].posting = posting

    def _remove(self, receipt: str) -> None:
        self.standing.pop(receipt, None)

    def _history(self, target: Target, since: datetime, after: int) -> list[Past]:
        """A page of what was said there from `since` on, oldest first, after the entry of that number."""
        past = self._past.get(_whose_past(target), [])
        found = [one for one in past if one.at >= since and one.number > after]
        return [one for one in found if not one.receipt or one.receipt in self.standing][:PAGE]

    def _newest(self, target: Target) -> list[Past]:
        """What a careless reader asks for."""
        return self._past.get(_whose_past(target), [])[-PAGE:]

    # --- other people ------------------------------------------------------------------------

    def _hide(self) -> None:
        if self._recent:
            self._crowd(self._recent[-1])

    def _crowd(self, target: Target) -> None:
        now = self.clock.now()
        self._past.setdefault(target, []).extend(Past(next(self._numbers), now) for _ in range(CROWD))


def _whose_past(target: Target) -> Target:
    """Rooms are looked for among all rooms, whoever is in them."""
    return Gathering(()) if isinstance(target, Gathering) else target
