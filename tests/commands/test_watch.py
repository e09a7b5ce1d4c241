"""How the bot tells that it is well, inside and outside."""

import asyncio
import gc
import logging
import selectors
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from pydantic import ValidationError

from bot import watch
from bot.app import STILL, App
from bot.clock import TurnedClock
from bot.config import Config
from bot.watch import LAG, LoopWatch, Pinger
from tests.features.mornings import joined
from tests.story import CoreDriver
from tests.web_story import web_story


def said(caplog: pytest.LogCaptureFixture, what: str) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.message == what]


# --- health ---------------------------------------------------------------------------------


async def test_a_bot_that_works_is_well(story: CoreDriver, app: App) -> None:
    await joined(story, "ada")
    assert (await app.health()).trouble == ""


async def test_without_a_pulse_for_a_minute_it_is_not_well(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_pulsed", time.monotonic() - STILL + 5)
    assert (await app.health()).trouble == ""
    monkeypatch.setattr(app, "_pulsed", time.monotonic() - STILL - 1)
    assert (await app.health()).trouble == "nothing looks at what is due"
    await app.pulse()
    assert (await app.health()).trouble == ""


async def test_a_pulse_that_fails_is_none(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> int:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(app, "_pulsed", time.monotonic() - STILL - 1)
    monkeypatch.setattr(app.almanac, "tick", broken)
    with pytest.raises(sqlite3.OperationalError):
        await app.pulse()
    assert (await app.health()).trouble


async def test_a_database_that_does_not_answer_is_named(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(app.store, "read", broken)
    assert (await app.health()).trouble == "disk I/O error"


async def test_a_disk_that_takes_nothing_is_noticed_though_reading_works(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    await app.start()
    assert (await app.health()).trouble == ""
    monkeypatch.setattr(app, "_written", time.monotonic() - STILL - 1)
    assert "disk" in (await app.health()).trouble
    await app._beat()
    assert (await app.health()).trouble == ""


async def test_it_tells_how_long_the_oldest_thing_waits(story: CoreDriver, app: App, clock: TurnedClock) -> None:
    await joined(story, "ada")
    due = await app.next_due()
    assert due
    clock.set(due + timedelta(minutes=2))
    assert (await app.health()).behind == 120


async def test_the_page_says_it_with_a_status_that_programs_understand(tmp_path: Path, clock: TurnedClock) -> None:
    async with web_story(tmp_path, clock) as story:
        app = story.app
        address = str(story._server.make_url("/healthz"))
        async with aiohttp.ClientSession() as programs, programs.get(address) as well:
            assert (well.status, (await well.json())["status"]) == (200, "ok")
        app._pulsed = time.monotonic() - STILL - 1
        async with aiohttp.ClientSession() as programs, programs.get(address) as ill:
            assert (ill.status, (await ill.json())["because"]) == (503, "nothing looks at what is due")


# --- the loop ---------------------------------------------------------------------------------


def _busy(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


async def _until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not what():  # noqa: ASYNC110 - a log has no event to wait for
            await asyncio.sleep(0)


async def test_what_holds_the_loop_up_is_told_with_its_length_and_place(caplog: pytest.LogCaptureFixture) -> None:
    watching, begun = LoopWatch(), asyncio.get_running_loop().create_future()
    begun.set_result(None)
    watching.start(begun)
    await _until(lambda: watching._ticked)
    _busy(4 * LAG)
    await _until(lambda: [record for record in said(caplog, "the loop was held up") if "test_watch.py" in record.place])  # type: ignore[attr-defined]
    watching.stop()
    longest = max(record.ms for record in said(caplog, "the loop was held up"))  # type: ignore[attr-defined]
    assert longest >= LAG * 1000


async def test_what_was_loaded_at_the_start_is_no_work_for_the_collector_of_garbage() -> None:
    watching, begun = LoopWatch(), asyncio.get_running_loop().create_future()
    gc.unfreeze()
    watching.start(begun)
    await asyncio.sleep(0)
    assert gc.get_freeze_count() == 0, "the start is not over"
    begun.set_result(None)
    await _until(lambda: watching._ticked)
    watching.stop()
    loaded, left = gc.get_freeze_count(), len(gc.get_objects())
    assert loaded > 10 * left, (loaded, left)


def test_a_loop_that_waits_is_blamed_on_nobody() -> None:
    """Then the whole machine is busy, or another thread is."""
    ours, theirs = socket.socketpair()
    with ours, theirs, selectors.DefaultSelector() as selector:
        selector.register(ours, selectors.EVENT_READ)

        def wait() -> None:
            selector.select()

        waiting = threading.Thread(target=wait)
        waiting.start()
        while sys._current_frames()[waiting.ident or 0].f_code.co_filename != selectors.__file__:
            pass
        place = watch._ours(sys._current_frames()[waiting.ident or 0])
        theirs.send(b"!")
        waiting.join()
    assert place == ""
    assert "test_watch.py" in watch._ours(sys._getframe())


async def test_the_watch_ends_with_the_app(app: App) -> None:
    await app.start()
    await app.stop()
    for thread in threading.enumerate():
        if thread.name == "loop watch":
            await asyncio.to_thread(thread.join, 5)
            assert not thread.is_alive()


# --- the watcher outside ---------------------------------------------------------------------


@asynccontextmanager
async def watcher(status: int = 200) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that hears pings: its address, and what it heard."""
    heard: list[str] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(request.path)
        return web.Response(status=status)

    site = web.Application()
    site.router.add_get("/{name}", hear)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/secret-name", heard
    finally:
        await runner.cleanup()


async def test_while_all_is_well_the_watcher_hears_of_it(app: App) -> None:
    async with watcher() as (url, heard):
        app._pinger = Pinger(url)
        await app._ping()
        await app._ping()
        assert heard == ["/secret-name"] * 2
        await app.stop()


async def test_a_bot_that_is_not_well_keeps_silent(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watcher() as (url, heard):
        app._pinger = Pinger(url)
        monkeypatch.setattr(app, "_pulsed", time.monotonic() - STILL - 1)
        await app._ping()
        assert heard == []


@pytest.mark.parametrize("trouble", ["refuses", "is away", "is no address"])
async def test_a_watcher_in_trouble_stops_nothing_and_is_told_once(
    caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    async with watcher(500) as (url, _):
        pinger = Pinger({"refuses": url, "is away": "http://127.0.0.1:9/x", "is no address": "http://[::bad"}[trouble])
        for _ in range(3):
            await pinger.ping()
        await pinger.close()
    (record,) = said(caplog, "ping failed")
    assert "secret-name" not in str(vars(record))


async def test_without_an_address_nothing_is_sent(app: App) -> None:
    await app.start()
    assert "_ping" not in {job.func.__name__ for job in app._scheduler.get_jobs()}


def test_an_address_that_is_none_is_refused_at_the_start_and_a_real_one_is_not_shown() -> None:
    with pytest.raises(ValidationError, match="this is no address"):
        Config(ping_url="hc-ping.com/1")  # type: ignore[arg-type]
    assert "hc-ping" not in repr(Config(ping_url="https://hc-ping.com/1"))  # type: ignore[arg-type]
