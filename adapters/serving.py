"""What `whetstone run` serves: the page in the browser, Discord, Slack, or several of them, with one app."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from adapters.discord.settings import DiscordSettings
from adapters.slack.settings import SlackSettings
from adapters.web.demo import MARK
from bot.app import App, CannotStart, open_app
from bot.clock import SystemClock
from bot.config import Config
from bot.kernel.ports import Platform

log = logging.getLogger(__name__)

SLACK_DOCTOR = "`whetstone doctor slack` tells more."


@dataclass(frozen=True, slots=True)
class Ready:
    """
    Where people come in. `link` lets the page's owner in, once, and is empty where there is no page.

    `platforms` has one sentence for each server of tokens: Discord, and each workspace of Slack.
    """

    link: str = ""
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One way to people. `says` is a sentence; `is_refused` says that nobody will come by it."""

    says: str
    is_refused: bool = False


@asynccontextmanager
async def open_group(
    config: Config, discord: DiscordSettings, slack: SlackSettings, name: str
) -> AsyncIterator[Ready]:  # fmt: skip
    """
    Serve the groups in `config.data`: with tokens on Discord and Slack, without any in the browser.

    `name` is the page's owner's on the first start. Raises what `open_app` raises; CannotStart where every token is
    refused and nothing else would be served; OSError when the page's port is taken.
    """
    if (config.data / MARK).exists():
        raise CannotStart(f"The folder {config.data} holds a demonstration. Choose another with --data.")
    platforms: dict[str, Platform] = {}
    async with await open_app(config, platforms, SystemClock()) as app, AsyncExitStack() as stack:
        ways: list[Way] = []
        if discord.is_set:
            ways.append(await _discord(app, platforms, discord, stack))
        if slack.is_set:
            ways += await _slack(app, platforms, slack, stack)
        if ways and not config.web and all(way.is_refused for way in ways):
            raise CannotStart(" ".join(way.says for way in ways))
        link = await _page(app, platforms, name, stack) if config.web or not ways else ""
        if not link:
            await _health(app, stack)
        await app.start()
        yield Ready(link, tuple(way.says for way in ways))


async def _discord(
    app: App, platforms: dict[str, Platform], settings: DiscordSettings, stack: AsyncExitStack
) -> Way:  # fmt: skip
    from adapters.discord.connect import open_discord

    line = await stack.enter_async_context(open_discord(app, platforms, settings))
    if line.trouble:
        return Way(line.trouble, is_refused=True)
    if line.client.user is None:
        return Way("Discord is not reached yet. I try again and again; `whetstone doctor discord` tells more.")
    return Way(f"On Discord I am “{line.client.user.name}”. Type /study begin in a channel of your server.")


async def _slack(
    app: App, platforms: dict[str, Platform], settings: SlackSettings, stack: AsyncExitStack
) -> Sequence[Way]:  # fmt: skip
    from adapters.slack.connect import open_slack

    ways = []
    for line in await stack.enter_async_context(open_slack(app, platforms, settings)):
        called = f" ({line.name})" if line.name else ""
        if line.trouble and line.tenant:
            ways.append(Way(f"On Slack I post in “{line.team}”, but hear nobody there: {line.trouble} {SLACK_DOCTOR}"))
        elif line.trouble:
            ways.append(Way(f"Slack{called}: {line.trouble} {SLACK_DOCTOR}", is_refused=True))
        elif not line.is_heard:
            ways.append(Way(f"Slack{called} is not reached yet. I try again and again. {SLACK_DOCTOR}"))
        else:
            ways.append(Way(f"On Slack I am in “{line.team}”. Type /study in a channel of that workspace."))
    return ways


async def _page(app: App, platforms: dict[str, Platform], name: str, stack: AsyncExitStack) -> str:
    from adapters.web.alone import open_page

    return await stack.enter_async_context(open_page(app, platforms, name))


async def _health(app: App, stack: AsyncExitStack) -> None:
    """Watchers ask here. A port that is taken must not keep a group on another platform from studying."""
    from adapters.web.alone import open_health

    try:
        await stack.enter_async_context(open_health(app))
    except OSError:
        log.warning("nobody can ask how the bot is: the port is taken", extra={"port": app.config.port})
