"""Mistakes of the Discord adapter that the endurance run must notice, made in the bot's process and nowhere else."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from adapters.discord import platform, rooms
from adapters.discord.catchup import Catchup
from adapters.discord.messages import Messages
from adapters.discord.platform import DiscordPlatform
from adapters.discord.rest import Json, Rest
from bot.kernel.ports import Target

NEWEST = 50


def _never_looks() -> None:
    async def find(self: DiscordPlatform, target: Target, name: str, since: datetime) -> None:
        return None

    DiscordPlatform.find = find  # type: ignore[method-assign]


def _looks_at_the_newest_fifty() -> None:
    async def find(self: Messages, channel: str, name: str, since: datetime) -> Json | None:
        newest = await self._rest.call(
            "GET", "/channels/{channel_id}/messages", query={"limit": NEWEST}, channel_id=channel
        )
        return next((one for one in newest if self.is_ours(one, name)), None)

    Messages.find = find  # type: ignore[method-assign]


def _signs_nothing() -> None:
    call = Rest.call

    async def unsigned(self: Rest, method: str, path: str, *, json: Any = None, **more: Any) -> Any:
        if isinstance(json, dict):
            json = {key: value for key, value in json.items() if key not in ("nonce", "enforce_nonce")}
        return await call(self, method, path, json=json, **more)

    Rest.call = unsigned  # type: ignore[method-assign]


def _signs_nothing_and_never_looks() -> None:
    _signs_nothing()
    _never_looks()


def _takes_not_now_for_a_no() -> None:
    """What stands already is reported as not sent, when Discord puts off the thread below it."""
    platform.standing = rooms.standing = nullcontext


def _forgets_the_thread() -> None:
    async def finish(*_: object) -> None:
        return None

    DiscordPlatform._finish = finish  # type: ignore[method-assign]


def _reads_nothing_again() -> None:
    def ear(self: Catchup, _: Json) -> None:
        return None

    Catchup.begin = Catchup.read_threads = ear  # type: ignore[method-assign]


MUTANTS: Mapping[str, Callable[[], Any]] = {
    "never looks": _never_looks,
    "looks at the newest fifty": _looks_at_the_newest_fifty,
    "signs nothing and never looks": _signs_nothing_and_never_looks,
    "takes not now for a no": _takes_not_now_for_a_no,
    "forgets the thread": _forgets_the_thread,
    "reads nothing again": _reads_nothing_again,
    "answers first": lambda: None,  # see `discord_process.live`
}
