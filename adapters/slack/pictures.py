"""
Pictures on cards: handed in once for a workspace, then named by blocks.

Slack's ids stand in a table of the adapter's, because a board is edited every few seconds and nothing must be uploaded
for that. A file that no block shows is seen by nobody, so one that was handed in twice does no harm.

Whatever happens to a picture, its card is shown: in the worst case with the picture's words.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar

from slack_sdk.errors import SlackApiError

from adapters.slack.delivery import TROUBLES, delivery_error
from adapters.slack.markup import digest
from adapters.slack.picture_records import PictureRecords
from adapters.slack.translate import NO_PICTURES
from adapters.slack.translate import Pictures as Ids
from adapters.slack.web import Web, error_word
from bot.kernel.card import Card, Picture, pictures_of
from bot.kernel.errors import Later, Reason, Rejected

log = logging.getLogger(__name__)
T = TypeVar("T")

MOMENT = timedelta(seconds=1.5)  # until a file can be shown that was just handed in; Slack does not say how long
READY = 60.0  # seconds after which a file that still cannot be shown is no longer expected to be
TRIES = 3  # in a row, after which a picture is said in words
REST = 600.0  # seconds after which it is tried again


class NotYet(Later):
    """A picture cannot be shown in this moment."""


class Pictures:
    """
    The pictures of one workspace, which is called `team`. Without `records` they are remembered by this process alone.

    `on_refused` is told in words what an organiser can do, when the workspace takes no files.
    """

    def __init__(
        self, web: Web, team: str = "", records: PictureRecords | None = None,
        on_refused: Callable[[str], Awaitable[None]] | None = None, *, pace: float = 1.0,
    ) -> None:  # fmt: skip
        self._web, self._team, self._records, self._on_refused, self._pace = web, team, records, on_refused, pace
        self._known: dict[str, str] | None = None  # by digest, Slack's ids
        self._fresh: dict[str, float] = {}  # by digest, when it was handed in, until Slack has shown it once
        self._failed: dict[str, tuple[int, float]] = {}  # by digest, how often in a row, and when the last time
        self._refused_at = float("-inf")  # when the workspace took no files
        self._turn = asyncio.Lock()  # so that a hundred boards of one morning hand in one picture

    # --- for the courier ---------------------------------------------------------------------------------

    async def hand_in(self, cards: Sequence[Card]) -> Ids:
        """
        The ids under which these cards' pictures can be shown; what is missing in it is said in words.

        Raises Later where it may go better in a moment: nothing that anybody sees has been done.
        """
        wanted = _wanted(cards)
        if not wanted:
            return NO_PICTURES
        async with self._turn:
            known = await self._load()
            for key, picture in wanted.items():
                if key not in known and not self._is_resting(key):
                    await self._upload(key, picture)
            return {key: known[key] for key in wanted if key in known}

    @asynccontextmanager
    async def named(self, ids: Ids) -> AsyncIterator[None]:
        """
        Inside, a message or view is sent that shows these. Raises NotYet where Slack refuses it for a picture's sake:
        that was not ready yet, or is not there any more, and is handed in again by the next try.
        """
        try:
            yield
        except Exception as error:
            if not ids or not is_about_pictures(error):
                raise
            for key in ids:
                if _now() - self._fresh.get(key, float("-inf")) > READY * self._pace:
                    await self._forget(key)
            raise NotYet(MOMENT * self._pace) from error
        for key in ids:
            self._fresh.pop(key, None)
            self._failed.pop(key, None)

    # --- for whoever waits -------------------------------------------------------------------------------

    def ready(self, cards: Sequence[Card]) -> Ids:
        """What can be shown at once, because Slack has shown it before."""
        known = self._known or {}
        return {key: known[key] for key in _wanted(cards) if key in known and key not in self._fresh}

    def lacks(self, cards: Sequence[Card]) -> bool:
        """Is there a picture that cannot be shown at once, and perhaps in a moment?"""
        missing = _wanted(cards).keys() - self.ready(cards).keys()
        return any(not self._is_resting(key) for key in missing)

    async def show(self, cards: Sequence[Card], send: Callable[[Ids], Awaitable[T]]) -> T:
        """
        Send something that shows these cards, with their pictures if that goes in a few seconds.

        Raises what `send` raises.
        """
        for _ in range(TRIES if _wanted(cards) else 0):
            try:
                ids = await self.hand_in(cards)
                async with self.named(ids):
                    return await send(ids)
            except NotYet as wait:
                await asyncio.sleep(wait.wait.total_seconds())
        return await send(NO_PICTURES)

    async def show_now(self, cards: Sequence[Card], send: Callable[[Ids], Awaitable[object]]) -> None:
        """Send it at once, and once more where a picture comes a moment later. Raises what `send` does, and NotYet."""
        ready = self.ready(cards)
        async with self.named(ready):
            await send(ready)
        if self.lacks(cards):
            await self.show(cards, send)

    # --- inside --------------------------------------------------------------------------------------------

    async def _load(self) -> dict[str, str]:
        if self._known is None:
            self._known = dict(await self._records.list_files(self._team)) if self._records else {}
        return self._known

    async def _upload(self, key: str, picture: Picture) -> None:
        try:
            id_ = await self._web.hand_in(picture.file, picture.alt)
        except TROUBLES as trouble:
            await self._not_taken(key, trouble)
            return
        except Later as later:
            raise NotYet(later.wait) from later
        if self._known is not None and id_:
            self._known[key], self._fresh[key] = id_, _now()
        if self._records and id_:
            await self._records.keep_file(self._team, key, id_)

    async def _not_taken(self, key: str, trouble: Exception) -> None:
        """Raises Later while it is worth another try."""
        why = delivery_error(trouble)
        log.warning("a picture was not taken", extra={"action": "slack.no_picture", "why": str(why)[:200]})
        if isinstance(why, Rejected) and why.reason is Reason.TOKEN:
            raise trouble
        if isinstance(why, Rejected) and why.reason is Reason.FORBIDDEN:
            self._refused_at = _now()
            if self._on_refused:
                await self._on_refused(why.fix)
            return
        self._count(key)
        if not self._is_resting(key):
            raise NotYet(MOMENT * self._pace) from trouble

    async def _forget(self, key: str) -> None:
        log.info("a picture is handed in again", extra={"action": "slack.picture_gone"})
        self._count(key)
        self._fresh.pop(key, None)
        if self._known is not None:
            self._known.pop(key, None)
        if self._records:
            await self._records.forget_file(self._team, key)

    def _count(self, key: str) -> None:
        times, _ = self._failed.get(key, (0, 0.0))
        self._failed[key] = (times + 1, _now())

    def _is_resting(self, key: str) -> bool:
        """It failed, and it is not yet time to try again."""
        times, last = self._failed.get(key, (0, float("-inf")))
        last = max(last if times >= TRIES else float("-inf"), self._refused_at)
        return _now() - last < REST * self._pace


def is_about_pictures(error: Exception) -> bool:
    """Does Slack refuse a block because of the file that it names? A response address says no more than the word."""
    cause = error.__cause__ if isinstance(error.__cause__, SlackApiError) else error
    word = error_word(cause)
    if word == "file_not_found":
        return True
    if word in ("invalid_blocks", "invalid_arguments"):
        return "slack_file" in json.dumps(getattr(getattr(cause, "response", None), "data", None), default=str)
    return "invalid_blocks" in str(error) if not word else False


def _wanted(cards: Sequence[Card]) -> dict[str, Picture]:
    return {digest(picture.file.content): picture for card in cards for picture in pictures_of(card)}


def _now() -> float:
    return asyncio.get_running_loop().time()
