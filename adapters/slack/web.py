"""
Calls to Slack's Web API, by the library's client: paced before Slack has to say so, sent once, bounded in time.

The library would send a call again after a dropped connection, which posts twice; here nothing is repeated. What came
of a call that got no answer is not known, and whoever asked for it has to look.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heappop, heappush, nsmallest
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.scopes import METHODS
from bot.kernel.card import File
from bot.kernel.errors import Later

Json = dict[str, Any]
QUIET = logging.getLogger("slack_sdk.web.quiet")  # at DEBUG the library's own tells members' words and tickets
QUIET.setLevel(logging.WARNING)
Window = tuple[int, float]  # how many calls, in how many seconds

TURN = 2.5  # seconds that a call waits for a limit; one that would wait longer is called off before it is sent
MOST = 0.9  # of a window; one that would wait longer than that is called off, too: it holds up other channels
LATE = 0.25  # of a window; whoever has to wait no longer than that comes again then
ANSWER = 6.0  # seconds that a call may take on its way; two and their turns take less than bot.engine.courier.CALL
UPLOAD = 10.0  # seconds for handing out files, which takes several calls
LIMITED = 30.0  # seconds until the next try where Slack refuses for now and names no time
CHANNELS = 1_000  # channels whose pace is remembered
POST, ADDRESS = "chat.postMessage", "files.getUploadURLExternal"


@dataclass(frozen=True, slots=True)
class Limits:
    """What Slack takes. Tests count in smaller windows."""

    channel: Window = (1, 1.0)  # messages in one channel (chat.postMessage)
    workspace: Window = (300, 60.0)  # messages in a workspace: "several hundred messages per minute"
    tiers: Mapping[int, Window] = field(default_factory=lambda: {2: (20, 60.0), 3: (50, 60.0), 4: (100, 60.0)})


class Pace:
    """
    At most so many calls in any window of time, in the order in which they came.

    A call counts from its answer on: however long each was on its way, Slack sees no two too close together.
    """

    def __init__(self, window: Window) -> None:
        self._times, self._span = window
        self._free = [float("-inf")] * self._times  # a heap: when each turn may be taken; a taken one is not in it
        self._stop = float("-inf")  # until then Slack takes nothing
        self._queue, self._back = asyncio.Lock(), asyncio.Event()
        self._waiting = 0
        self._called_off: list[float] = []  # a heap: when those come again that could not wait

    @property
    def is_idle(self) -> bool:
        """Nobody has a turn or waits for one, and whoever comes has one at once."""
        return self._waiting == 0 and len(self._free) == self._times and self.wait() == 0

    def wait(self) -> float:
        """Seconds until somebody who comes now has a turn."""
        return self._wait_behind(self._waiting)

    @property
    def is_far(self) -> bool:
        """Whoever comes now would wait so long that they should come again."""
        return self.wait() > min(TURN, MOST * self._span)

    def call_off(self) -> float:
        """
        Seconds after which to come again: when there is a turn that is nobody else's who was called off.

        A turn that comes soon is for those who are here: they were told to come, and it is late.
        """
        if TURN < (soon := self.wait()) <= LATE * self._span:
            return soon
        while self._called_off and self._called_off[0] <= _now():
            heappop(self._called_off)
        wait = self._wait_behind(self._waiting + len(self._called_off))
        heappush(self._called_off, _now() + wait)
        return wait

    def _wait_behind(self, others: int) -> float:
        now = _now()
        rounds, place = divmod(others, self._times)
        free = nsmallest(place + 1, self._free)
        at = free[place] if place < len(free) else now + self._span
        return max(at - now, self._stop - now, 0.0) + rounds * self._span

    def stop(self, seconds: float) -> None:
        """Slack takes nothing for so long."""
        self._stop = max(self._stop, _now() + seconds)

    @asynccontextmanager
    async def turn(self, *, waits: bool = True) -> AsyncIterator[None]:
        """Inside it is one's turn. `waits` false: it is so at once, and counts."""
        if waits:
            self._waiting += 1
            try:
                async with self._queue:
                    while (wait := self._next()) > 0:
                        self._back.clear()
                        await _either(self._back, wait)
                    heappop(self._free)
            finally:
                self._waiting -= 1
        elif self._free:
            heappop(self._free)
        try:
            yield
        finally:
            if len(self._free) < self._times:
                heappush(self._free, _now() + self._span)
                self._back.set()

    def _next(self) -> float:
        """Seconds until the first in the queue has a turn; without end while all turns are taken."""
        return max(self._free[0], self._stop) - _now() if self._free else float("inf")


class Web:
    """The Web API of one workspace, by one bot token. `client` is the library's; it sends nothing twice."""

    def __init__(
        self,
        token: str,
        session: aiohttp.ClientSession,
        *,
        api_base: str = AsyncWebClient.BASE_URL,
        proxy: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.client = AsyncWebClient(token, api_base, session=session, retry_handlers=[], logger=QUIET)
        self.client.proxy = proxy  # the library takes the environment's for every address, this machine's own as well
        self._limits = limits or Limits()
        self._paces = {name: Pace(self._limits.tiers[one.tier]) for name, one in METHODS.items() if one.tier}
        self._paces[POST] = Pace(self._limits.workspace)
        self._channels: dict[str, Pace] = {}

    async def call(self, method: str, *, paced: bool = True, **args: Any) -> Json:
        """
        What Slack answered. `paced` false: somebody waits for it, so it goes at once and only counts.

        Raises Later where it was certainly not carried out and may be tried again, SlackApiError where Slack refuses,
        OSError (with TimeoutError) or aiohttp.ClientError where nobody knows whether it arrived.
        """  # fmt: skip
        paces = self._needed(method, str(args.get("channel", "")))
        async with self._turns(paces, waits=paced), asyncio.timeout(ANSWER):
            try:
                answer = await getattr(self.client, method.replace(".", "_"))(**args)
            except SlackApiError as error:
                if (wait := told_wait(error)) is None:
                    raise
                if paces:
                    paces[0].stop(wait)
                raise Later(timedelta(seconds=wait)) from error
        return dict(answer.data)

    async def upload(self, files: Sequence[File], channel: str, thread: str = "") -> None:
        """Hand out files in a channel, below the message with this `ts` if there is one. Raises as `call` does."""
        paces = [self._paces[ADDRESS]] * len(files)
        async with self._turns(paces), asyncio.timeout(UPLOAD):
            try:
                await self.client.files_upload_v2(
                    file_uploads=[{"filename": one.name, "title": one.name, "content": one.content} for one in files],
                    channel=channel, thread_ts=thread or None,
                )  # fmt: skip
            except SlackApiError as error:
                if (wait := told_wait(error)) is None:
                    raise
                raise Later(timedelta(seconds=wait)) from error

    async def hand_in(self, file: File, alt: str) -> str:
        """
        Slack's id of a file that nobody sees, until a block shows it. Raises as `call` does; repeated, it is another.
        """
        async with self._turns([self._paces[ADDRESS]]), asyncio.timeout(UPLOAD):
            try:
                answer = await self.client.files_upload_v2(
                    filename=file.name, title=file.name, content=file.content, alt_txt=alt
                )
            except SlackApiError as error:
                if (wait := told_wait(error)) is None:
                    raise
                raise Later(timedelta(seconds=wait)) from error
        return str((answer.get("files") or [{}])[0].get("id") or "")

    def _needed(self, method: str, channel: str) -> list[Pace]:
        """The limits that this call counts for, the narrowest first."""
        pace = self._paces.get(method)
        if method != POST or pace is None:
            return [pace] if pace else []
        if channel not in self._channels:
            if len(self._channels) >= CHANNELS:
                self._channels = {name: one for name, one in self._channels.items() if not one.is_idle}
            self._channels[channel] = Pace(self._limits.channel)
        return [self._channels[channel], pace]

    @asynccontextmanager
    async def _turns(self, paces: Sequence[Pace], *, waits: bool = True) -> AsyncIterator[None]:
        """
        Inside all these limits let the call through.

        It is called off where it would wait long, so that nobody behind it waits who has another limit.
        """
        async with AsyncExitStack() as turns:
            for number, pace in enumerate(paces):
                if waits:  # and again after each turn: meanwhile others may have taken the next one's
                    _call_off(paces[number:])
                await turns.enter_async_context(pace.turn(waits=waits))
            yield


def _call_off(paces: Sequence[Pace]) -> None:
    """Raises Later where one of them has no turn soon."""
    if far := [pace for pace in paces if pace.is_far]:
        raise Later(timedelta(seconds=max(pace.call_off() for pace in far)))


def told_wait(error: SlackApiError) -> float | None:
    """How many seconds Slack asks us to wait; None where that is not what it refused for."""
    if status_of(error) != 429 and error_word(error) not in ("ratelimited", "rate_limited"):
        return None
    try:
        return float(error.response.headers.get("Retry-After", LIMITED))
    except (ValueError, AttributeError):
        return LIMITED


def status_of(error: Exception) -> int:
    """The answer's HTTP status; the library hands over its own answer, or aiohttp's where there is no JSON in it."""
    response = getattr(error, "response", None)
    return int(getattr(response, "status_code", 0) or getattr(response, "status", 0))


def error_word(error: Exception, key: str = "error") -> str:
    """What Slack says under `key`; empty where it says nothing, or where the error is none of Slack's."""
    said = getattr(getattr(error, "response", None), "data", None)
    return str(said.get(key) or "") if isinstance(said, dict) else ""


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, no longer than so many seconds."""
    try:
        async with asyncio.timeout(None if seconds == float("inf") else seconds):
            await event.wait()
    except TimeoutError:
        return


def _now() -> float:
    return asyncio.get_running_loop().time()
