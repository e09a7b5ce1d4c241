"""Tells open pages that something changed, by server-sent events; the page then reads itself again."""

import asyncio
import contextlib

from aiohttp import web

from adapters.web.guard import HEADERS
from adapters.web.layout import site_of, visitor_of

CHANGED, ENOUGH = "changed", "enough"
PING = 20.0  # seconds; a line now and then shows both ends that the other is there
OPEN = web.AppKey("open", list["asyncio.Queue[str]"])


async def live(request: web.Request) -> web.StreamResponse:
    """One line for each change, without saying what it was; changes that nobody has read yet are one line."""
    chat, me = site_of(request).chat, visitor_of(request).person.id
    queue: asyncio.Queue[str] = asyncio.Queue()

    def hear(person: str) -> None:
        if (not person or person == me) and queue.empty():
            queue.put_nowait(CHANGED)

    response = web.StreamResponse(headers=HEADERS | {"Content-Type": "text/event-stream"})
    stop = chat.listen(hear)
    request.app[OPEN].append(queue)
    try:
        await response.prepare(request)
        with contextlib.suppress(ConnectionResetError):
            await response.write(b"retry: 1000\n\n")
            while (line := await _next(queue)) is not None:
                await response.write(line)
    finally:
        stop()
        request.app[OPEN].remove(queue)
    return response


async def _next(queue: "asyncio.Queue[str]") -> bytes | None:
    """The next line; None when the server is about to stop."""
    try:
        word = await asyncio.wait_for(queue.get(), PING)
    except TimeoutError:
        return b": still here\n\n"
    return b"data: changed\n\n" if word == CHANGED else None


async def hang_up(app: web.Application) -> None:
    """Before the server stops: open streams would keep it waiting."""
    queues = app[OPEN]
    for queue in queues:
        queue.put_nowait(ENOUGH)
