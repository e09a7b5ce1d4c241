"""Rate limits, counted like Discord: one bucket for each door and channel, one limit for everything."""

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

Door = tuple[str, str]  # method, template


@dataclass(frozen=True)
class Limits:
    """(how many, in how many seconds): for a door and for all together. Doors that are not listed use `others`."""

    others: tuple[int, float] = (10_000, 1.0)
    doors: Mapping[Door, tuple[int, float]] = field(default_factory=dict)
    together: tuple[int, float] = (100_000, 1.0)


GENEROUS = Limits()
STRICT = Limits(
    others=(10, 1.0),
    doors={
        ("POST", "/channels/{channel_id}/messages"): (5, 5.0),
        ("PATCH", "/channels/{channel_id}/messages/{message_id}"): (5, 5.0),
        ("POST", "/users/@me/channels"): (10, 10.0),
        ("PATCH", "/channels/{channel_id}"): (5, 5.0),
    },
    together=(50, 1.0),
)


@dataclass(frozen=True)
class Throttled:
    """One 429 that was given. `scope` is "user" (this bucket) or "global"."""

    method: str
    path: str
    scope: str
    wait: float  # seconds


class Meter:
    """Counts calls on the machine's own clock: the library that calls waits on that one too."""

    def __init__(self, limits: Limits, seconds: Callable[[], float] = time.monotonic) -> None:
        self.limits, self._seconds = limits, seconds
        self._windows: dict[tuple[str, ...], tuple[float, int]] = {}  # bucket: when it began, how many came
        self._all: deque[float] = deque()

    def count(
        self, method: str, template: str, major: str, *, counts_together: bool
    ) -> tuple[dict[str, str], float, str]:
        """(headers, seconds to wait or 0, scope)."""
        now = self._seconds()
        most, span = self.limits.together
        while self._all and self._all[0] <= now - span:
            self._all.popleft()
        if counts_together and len(self._all) >= most:
            return {"X-RateLimit-Global": "true"}, _up(self._all[0] + span - now), "global"
        most, span = self.limits.doors.get((method, template), self.limits.others)
        began, came = self._windows.get((method, template, major), (now, 0))
        if now >= began + span:
            began, came = now, 0
        wait = _up(began + span - now) if came >= most else 0.0
        if not wait:
            came += 1
            self._windows[method, template, major] = began, came
            if counts_together:
                self._all.append(now)
        headers = {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(max(most - came, 0)),
            "X-RateLimit-Reset": f"{began + span:.3f}",
            "X-RateLimit-Reset-After": f"{_up(max(began + span - now, 0)):.3f}",
            "X-RateLimit-Bucket": sha256(f"{method} {template}".encode()).hexdigest()[:16],
        }
        return headers, wait, "user"


def _up(seconds: float) -> float:
    """To the next millisecond: who waits as long as told is never early."""
    return math.ceil(seconds * 1000) / 1000 + 0.001
