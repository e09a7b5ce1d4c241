"""What lives of the bot on a chat platform share. Members' deeds come by the platform, not from the harness."""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.app import App
from bot.engine.outcome import Outcome
from bot.kernel.card import Card
from bot.kernel.effect import Reply
from bot.kernel.event import Event, Submitted
from tests.endurance.wire import receive, send

HASTE = 0.1  # seconds between a promise and its keeping

Settle = Callable[[Any], Awaitable[object]]  # do all that is to be done; when something will be due


def quieten() -> None:
    """With so short a pulse many pulses are left out, and one may be called off when the bot stops."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("apscheduler.executors.default").addFilter(_is_no_end)


def _is_no_end(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def told_to_stop() -> asyncio.Event:
    """Set by SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    return stop


async def obey(folder: Path, settle: Settle, stop: asyncio.Event) -> None:
    """Tell the harness that the bot is there, and settle when it asks for it, until it is to stop."""
    listening = asyncio.create_task(_listen(folder, settle))
    await stop.wait()
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


async def _listen(folder: Path, settle: Settle) -> None:
    reader, writer = await asyncio.open_unix_connection(folder / "platform.sock")
    await send(writer, os.getpid())
    asked: set[asyncio.Task[None]] = set()

    async def one(number: int, _: str, value: Any) -> None:
        await send(writer, (number, await settle(value)))

    with closing(writer), suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            task = asyncio.create_task(one(*await receive(reader)))
            asked.add(task)
            task.add_done_callback(asked.discard)


def answer_first(app: App) -> None:
    """A mistake: say that an answer is kept, and keep it a moment later."""
    handle = app.engine.handle
    late: set[asyncio.Task[Any]] = set()

    async def hasty(event: Event) -> Outcome:
        if not isinstance(event.what, Submitted) or event.what.action.route != "answers.send":
            return await handle(event)

        async def keep() -> None:
            await asyncio.sleep(HASTE)
            await handle(replace(event, at=app.clock.now()))

        task = asyncio.create_task(keep())
        late.add(task)
        task.add_done_callback(late.discard)
        return Outcome((Reply(Card("Your answer is kept.")),))

    app.engine.handle = hasty  # type: ignore[method-assign]
