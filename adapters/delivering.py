"""What the platforms' ways of delivering have in common."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from bot.kernel.errors import DeliveryError, Later, Reason, Rejected, Unsure
from bot.kernel.ports import Posting, Target

KNOWN = 5_000  # things that are remembered

K = TypeVar("K")
V = TypeVar("V")


@contextmanager
def standing() -> Iterator[None]:
    """
    Inside, the message stands already, but nobody has its receipt yet.

    So "not sent" would be untrue: whoever tries again must look for it first.
    """
    try:
        yield
    except Later as later:
        raise Unsure(f"the message stands, the rest of it waits: {later}") from later
    except Rejected as no:
        if no.reason is Reason.TOKEN:
            raise Unsure("the message stands, then the token was refused") from no
        raise


def remember(known: dict[K, V], key: K, value: V) -> None:
    """Keep it, and let the oldest go where there are too many."""
    known.pop(key, None)
    known[key] = value
    if len(known) > KNOWN:
        del known[next(iter(known))]


class NoWay:
    """Stands for a platform while there is no way to it; `error` says what that means for a post."""

    def __init__(self, error: Callable[[], DeliveryError]) -> None:
        self._error = error

    async def post(self, posting: Posting) -> str:
        raise self._error()

    async def edit(self, receipt: str, posting: Posting) -> None:
        raise self._error()

    async def remove(self, receipt: str) -> None:
        raise self._error()

    async def find(self, target: Target, name: str, since: datetime) -> str | None:
        raise self._error()
