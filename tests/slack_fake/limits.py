"""Rate limits, counted like Slack: each method by its tier, one message a second in a channel, a cap for them all."""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Window = tuple[int, float]  # how many, in how many seconds

TIERS = {
    2: ("conversations.list", "users.list", "pins.add", "pins.remove"),
    3: (
        "chat.update",
        "chat.delete",
        "conversations.open",
        "conversations.info",
        "conversations.history",
        "conversations.replies",
        "apps.connections.open",
        "team.info",
    ),
    4: (
        "chat.postEphemeral",
        "conversations.members",
        "users.info",
        "views.open",
        "views.push",
        "views.update",
        "views.publish",
        "files.getUploadURLExternal",
        "files.completeUploadExternal",
    ),
}
TIER_OF = {method: tier for tier, methods in TIERS.items() for method in methods}
POST = "chat.postMessage"


@dataclass(frozen=True)
class Limits:
    """A tier that is missing has no limit."""

    channel: Window = (10_000, 1.0)
    workspace: Window = (100_000, 60.0)
    tiers: Mapping[int, Window] = field(default_factory=dict)


GENEROUS = Limits()
STRICT = Limits((1, 1.0), (300, 60.0), {2: (20, 60.0), 3: (50, 60.0), 4: (100, 60.0)})


@dataclass(frozen=True)
class Throttled:
    """One 429 that was given. `scope` is "channel", "workspace" or "tier 3"."""

    method: str
    channel: str
    scope: str
    wait: int  # whole seconds, as Slack says it


class Meter:
    """Counts calls on the machine's own clock, or on the one that is given in seconds."""

    def __init__(self, limits: Limits, seconds: Callable[[], float] = time.monotonic) -> None:
        self.limits, self._seconds = limits, seconds
        self._came: dict[str, deque[float]] = defaultdict(deque)
        self.posts: list[tuple[float, str]] = []  # when, and in which channel, a message was let through

    def count(self, method: str, channel: str) -> tuple[int, str]:
        """(whole seconds to wait or 0, scope). Only what is let through is counted."""
        now = self._seconds()
        windows = self._windows(method, channel)
        for scope, key, window in windows:
            wait = self._wait(key, window, now)
            if wait > 0:
                return max(1, math.ceil(wait)), scope
        for _, key, _ in windows:
            self._came[key].append(now)
        if method == POST:
            self.posts.append((now, channel))
        return 0, ""

    def busiest(self, span: float, channel: str = "") -> int:
        """The most messages that came within `span` seconds, in this channel or in all together."""
        times = [at for at, where in self.posts if channel in ("", where)]
        most, first = 0, 0
        for last, at in enumerate(times):
            while times[first] <= at - span:
                first += 1
            most = max(most, last - first + 1)
        return most

    def _windows(self, method: str, channel: str) -> list[tuple[str, str, Window]]:
        if method == POST:
            return [
                ("channel", f"channel {channel}", self.limits.channel),
                ("workspace", "workspace", self.limits.workspace),
            ]
        tier = TIER_OF.get(method, 0)
        window = self.limits.tiers.get(tier)
        return [(f"tier {tier}", method, window)] if window else []

    def _wait(self, key: str, window: Window, now: float) -> float:
        most, span = window
        came = self._came[key]
        while came and came[0] <= now - span:
            came.popleft()
        return came[0] + span - now if len(came) >= most else 0.0
