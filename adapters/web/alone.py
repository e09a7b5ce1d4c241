"""One real group in the browser, on real time: no token."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from adapters.web.chat import Chat
from adapters.web.layout import TENANT
from adapters.web.platform import WebPlatform
from adapters.web.server import LOOPBACK, health_of, make_app, serve
from bot.app import App
from bot.kernel.event import Person
from bot.kernel.ports import Platform

GROUP = "web:group"
OWNER = "organiser"


@asynccontextmanager
async def open_page(app: App, platforms: dict[str, Platform], name: str) -> AsyncIterator[str]:
    """
    Serve the group of the page with an app that is open; a new link that lets its owner in, once.

    `platforms` is the mapping that the app was opened with; `name` is the owner's on the first start. On leaving, the
    app is stopped before the chat is closed. Raises OSError when the port is taken.
    """
    async with AsyncExitStack() as stack:
        chat = await Chat.open(app.config.data, app.clock, GROUP)
        stack.push_async_callback(chat.close)
        stack.push_async_callback(app.stop)
        platforms[TENANT] = WebPlatform(chat)
        if OWNER not in await chat.people.all():
            await chat.people.know(Person(OWNER, name, manages=True))
        runner = await serve(make_app(app, chat), app.config.port)
        stack.push_async_callback(runner.cleanup)
        key = await chat.people.invite(OWNER)
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}/enter?key={key}"


@asynccontextmanager
async def open_health(app: App) -> AsyncIterator[str]:
    """Only `/healthz`, for watchers of a bot without a page. Raises OSError when the port is taken."""

    async def healthz(_: web.Request) -> web.Response:
        return await health_of(app)

    site = web.Application()
    site.router.add_get("/healthz", healthz)
    runner = await serve(site, app.config.port)
    try:
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}/healthz"
    finally:
        await runner.cleanup()
