"""One real group in the browser, on real time: no token, no other platform."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from adapters.web.chat import Chat
from adapters.web.demo import MARK
from adapters.web.layout import TENANT
from adapters.web.platform import WebPlatform
from adapters.web.server import LOOPBACK, make_app, serve
from bot.app import CannotStart, open_app
from bot.clock import SystemClock
from bot.config import Config
from bot.kernel.event import Person
from bot.kernel.ports import Platform

GROUP = "web:group"
OWNER = "organiser"


@asynccontextmanager
async def open_alone(config: Config, name: str) -> AsyncIterator[str]:
    """
    Serve the group in `config.data`; a new link that lets its owner in, once.

    `name` is the owner's on the first start. Raises what `open_app` raises, and OSError when the port is taken.
    """
    if (config.data / MARK).exists():
        raise CannotStart(f"The folder {config.data} holds a demonstration. Choose another with --data.")
    platforms: dict[str, Platform] = {}
    clock = SystemClock()
    async with await open_app(config, platforms, clock) as app, AsyncExitStack() as stack:
        chat = await Chat.open(config.data, clock, GROUP)
        stack.push_async_callback(chat.close)
        stack.push_async_callback(app.stop)
        platforms[TENANT] = WebPlatform(chat)
        if OWNER not in await chat.people.all():
            await chat.people.know(Person(OWNER, name, manages=True))
        runner = await serve(make_app(app, chat), config.port)
        stack.push_async_callback(runner.cleanup)
        await app.start()
        key = await chat.people.invite(OWNER)
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}/enter?key={key}"
