"""Mistakes of the Slack adapter that the endurance run must notice, made in the bot's process and nowhere else."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from adapters.slack import platform, replies
from adapters.slack.delivery import delivery_error
from adapters.slack.inbound import EVENTS, Json, kind_of
from adapters.slack.platform import SlackPlatform
from adapters.slack.replies import Replies
from adapters.slack.translate import carries
from adapters.slack.web import Web
from bot.kernel.errors import DeliveryError, Later, Unsure
from bot.kernel.ports import Gathering, Target
from tests.endurance.day_process import HASTE

NEWEST = 50
ANSWERS_FIRST = "answers first"


def _never_looks() -> None:
    async def find(self: SlackPlatform, target: Target, name: str, since: datetime) -> None:
        return None

    SlackPlatform.find = find  # type: ignore[method-assign]


def _looks_at_the_newest_fifty() -> None:
    look = SlackPlatform.find

    async def find(self: SlackPlatform, target: Target, name: str, since: datetime) -> str | None:
        if isinstance(target, Gathering):
            return await look(self, target, name, since)
        channel, thread = await self._place(target)
        method, more = "conversations.replies" if thread else "conversations.history", dict[str, Any](ts=thread or None)
        page = await self._web.call(method, channel=channel, limit=NEWEST, include_all_metadata=True, **more)
        ours = (one for one in page["messages"] if carries(one, name))
        return next((f"{channel}/{one['ts']}" for one in ours), None)

    SlackPlatform.find = find  # type: ignore[method-assign]


def _takes_doubt_for_a_no() -> None:
    def hasty(error: Exception, place: str = "a channel", _bot: str = "") -> DeliveryError:
        found = delivery_error(error, place)
        return Later(timedelta(seconds=5)) if isinstance(found, Unsure) else found

    platform.delivery_error = hasty  # type: ignore[attr-defined]


def _forgets_that_it_answered() -> None:
    async def standing(web: Web, channel: str, name: str, since: str) -> tuple[str, ...]:
        return ()

    replies.list_standing = standing  # type: ignore[attr-defined]


def _acknowledges_first() -> None:
    """Tell Slack that an event has arrived, and look at it a moment later."""
    take = Replies.take

    async def hasty(self: Replies, payload: Json, before: int) -> Json | None:
        if kind_of(payload) != EVENTS:
            return await take(self, payload, before)

        async def later() -> None:
            await asyncio.sleep(HASTE)
            await take(self, payload, before)

        self._soon(later())
        return None

    Replies.take = hasty  # type: ignore[method-assign]


MUTANTS: Mapping[str, Callable[[], Any]] = {
    "never looks": _never_looks,
    "looks at the newest fifty": _looks_at_the_newest_fifty,
    "takes doubt for a no": _takes_doubt_for_a_no,
    "forgets that it answered": _forgets_that_it_answered,
    "acknowledges first": _acknowledges_first,
    ANSWERS_FIRST: lambda: None,  # see `slack_process.live`
}
