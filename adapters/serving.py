"""What `whetstone run` serves: the page in the browser, Discord, or both, with one app."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from adapters.discord.settings import DiscordSettings
from adapters.web.demo import MARK
from bot.app import App, CannotStart, open_app
from bot.clock import SystemClock
from bot.config import Config
from bot.kernel.ports import Platform

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """Where people come in. `link` lets the page's owner in, once, and is empty where there is no page."""

    link: str = ""
    discord: str = ""  # one sentence


@asynccontextmanager
async def open_group(config: Config, settings: DiscordSettings, name: str) -> AsyncIterator[Ready]:
    """
    Serve the groups in `config.data`: with a token on Discord, without one in the browser, with both settings both.

    `name` is the page's owner's on the first start. Raises what `open_app` raises; CannotStart where Discord refuses
    the token and nothing else would be served; OSError when the page's port is taken.
    """
    if (config.data / MARK).exists():
        raise CannotStart(f"The folder {config.data} holds a demonstration. Choose another with --data.")
    platforms: dict[str, Platform] = {}
    async with await open_app(config, platforms, SystemClock()) as app, AsyncExitStack() as stack:
        discord = await _discord(app, platforms, settings, config, stack) if settings.is_set else ""
        link = await _page(app, platforms, name, stack) if config.web or not settings.is_set else ""
        if not link:
            await _health(app, stack)
        await app.start()
        yield Ready(link, discord)


async def _discord(
    app: App, platforms: dict[str, Platform], settings: DiscordSettings, config: Config, stack: AsyncExitStack
) -> str:
    from adapters.discord.connect import open_discord

    line = await stack.enter_async_context(open_discord(app, platforms, settings))
    if line.trouble:
        if not config.web:
            raise CannotStart(line.trouble)
        return line.trouble
    if line.client.user is None:
        return "Discord is not reached yet. I try again and again; `whetstone doctor discord` tells more."
    return f"On Discord I am “{line.client.user.name}”. Type /study begin in a channel of your server."


async def _page(app: App, platforms: dict[str, Platform], name: str, stack: AsyncExitStack) -> str:
    from adapters.web.alone import open_page

    return await stack.enter_async_context(open_page(app, platforms, name))


async def _health(app: App, stack: AsyncExitStack) -> None:
    """Watchers ask here. A port that is taken must not keep a group on Discord from studying."""
    from adapters.web.alone import open_health

    try:
        await stack.enter_async_context(open_health(app))
    except OSError:
        log.warning("nobody can ask how the bot is: the port is taken", extra={"port": app.config.port})
