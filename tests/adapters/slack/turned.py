"""A Slack whose time is turned: limits of minutes are seen at once."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.kernel.calendar import draw
from tests.slack_fake.limits import STRICT, Limits, Meter


class TurnedLoop(asyncio.SelectorEventLoop):
    """Nothing is waited for: where everybody sleeps, it is the next moment at which somebody wakes."""

    def __init__(self) -> None:
        self._turned = 0.0
        loop, waiting = self, selectors.DefaultSelector()
        look = waiting.select

        def select(timeout: float | None = None) -> Any:
            loop._turned += max(timeout or 0.0, 0.0)
            return look(0)

        waiting.select = select  # type: ignore[method-assign]
        super().__init__(waiting)

    def time(self) -> float:
        return self._turned


def in_turned_time(story: Callable[[], Awaitable[None]]) -> None:
    with asyncio.Runner(loop_factory=TurnedLoop) as runner:
        runner.run(story())  # type: ignore[arg-type]


class Refusals:
    """A Slack in memory that counts as the pretended one does. Every call is up to `slow` seconds on its way."""

    def __init__(self, limits: Limits = STRICT, slow: float = 0.0) -> None:
        self.meter = Meter(limits, asyncio.get_running_loop().time)
        self.refused: list[str] = []
        self._slow, self._dice = slow, draw("on its way")

    async def _call(self, method: str, channel: str = "", **args: Any) -> Any:
        way = self._slow * self._dice.random()
        there = way * self._dice.random()
        await asyncio.sleep(there)
        wait, scope = self.meter.count(method, channel)
        await asyncio.sleep(way - there)
        if wait:
            self.refused.append(f"{method}: {scope}")
            answer = {"ok": False, "error": "ratelimited"}
            raise SlackApiError("", SimpleNamespace(status_code=429, data=answer, headers={"Retry-After": str(wait)}))
        return SimpleNamespace(data={"ok": True, **self.answer(method, channel, args)})

    def answer(self, method: str, channel: str, args: dict[str, Any]) -> dict[str, Any]:
        """What it says beside that all is well."""
        return {}

    def __getattr__(self, name: str) -> Any:
        words = name.split("_")
        method = f"{words[0]}.{'.'.join(words[1:])}"
        return lambda **args: self._call(method, **args)
