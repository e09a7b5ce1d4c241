"""Watching over the process itself: what holds its loop up, and a sign of life for a watcher outside."""

import asyncio
import gc
import logging
import os
import selectors
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[1]
LAG = 0.25  # seconds for which one thing may hold the loop up


def keep_what_is_loaded() -> None:
    """
    Whatever the start has loaded stays to the end: no collection of garbage looks through it again.

    With all of it a full collection takes 60 to 85 ms, for which everybody waits.
    """
    gc.collect()
    gc.freeze()


class LoopWatch:
    """Says when one thing holds the loop up, and where in our code it was: a thread looks, because the loop cannot."""

    def __init__(self) -> None:
        self._thread = threading.Thread(target=self._look, name="loop watch", daemon=True)
        self._over = threading.Event()
        self._ticking: asyncio.Task[None] | None = None
        self._ticked, self._loop, self._place = 0.0, 0, ""

    def start(self, after: "asyncio.Future[Any]") -> None:
        """Begin when `after` is done: what happens at the start may take its time."""
        self._ticking = asyncio.create_task(self._tick(after))

    def stop(self) -> None:
        self._over.set()
        if self._ticking:
            self._ticking.cancel()

    async def _tick(self, after: "asyncio.Future[Any]") -> None:
        await asyncio.wait([after])
        keep_what_is_loaded()
        self._ticked, self._loop = time.monotonic(), threading.get_ident()
        self._thread.start()
        while True:
            await asyncio.sleep(LAG / 2)
            now = time.monotonic()
            late = now - self._ticked - LAG / 2
            if late > LAG:
                log.warning("the loop was held up", extra={"ms": round(late * 1000), "place": self._place})
            self._ticked, self._place = now, ""

    def _look(self) -> None:
        while not self._over.wait(LAG / 2):
            if time.monotonic() - self._ticked > LAG:
                self._place = _ours(sys._current_frames().get(self._loop))  # noqa: SLF001 - the documented way in


def _ours(frame: FrameType | None) -> str:
    """The innermost line of our own code, such as "bot/app.py:120 pulse". Empty while the loop waits for something."""
    if frame and frame.f_code.co_filename == selectors.__file__:
        return ""  # then the machine is busy, or another thread is
    while frame:
        house, found, file = frame.f_code.co_filename.rpartition(f"{ROOT}{os.sep}")
        if found and not house:
            return f"{file}:{frame.f_lineno} {frame.f_code.co_name}"
        frame = frame.f_back
    return ""


class Pinger:
    """Tells a watcher outside that all is well, if one is set. Whatever goes wrong with that stops nothing."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._failed = False
        self._client: httpx.AsyncClient | None = None

    async def ping(self) -> None:
        import httpx  # most installations have no watcher, and start quicker without it

        self._client = self._client or httpx.AsyncClient(timeout=10)
        try:
            (await self._client.get(self.url)).raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            if not self._failed:  # once, not every minute; and not the address, which is a secret
                log.warning("ping failed", extra={"because": type(error).__name__})
            self._failed = True
        else:
            self._failed = False

    async def close(self) -> None:
        if self._client:
            await self._client.aclose()
            self._client = None
