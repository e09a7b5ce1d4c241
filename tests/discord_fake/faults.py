"""What goes wrong between a bot and Discord, when a test asks for it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.kernel.calendar import draw


class Kind(StrEnum):
    STATUS = "status"  # an error is answered, nothing happens
    RESET_BEFORE = "reset before"  # the connection breaks before the request is accepted
    RESET_AFTER = "reset after"  # it happens, and the connection breaks before the answer
    STATUS_AFTER = "status after"  # it happens, and an error is answered
    HANG = "hang"  # no answer ever


@dataclass
class Planned:
    kind: Kind
    method: str = ""  # empty matches all
    path: str = ""  # a part of the template or of the path
    times: int = 1
    status: int = 500
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def fits(self, method: str, template: str, path: str) -> bool:
        return self.times > 0 and self.method in ("", method) and (self.path in template or self.path in path)


WRITES = {"POST", "PATCH", "PUT", "DELETE"}
DOUBTS = (Kind.RESET_BEFORE, Kind.RESET_AFTER, Kind.STATUS, Kind.STATUS_AFTER)


class Faults:
    """The next call that fits meets the fault; each counts down."""

    def __init__(self) -> None:
        self.planned: list[Planned] = []
        self.met: list[tuple[str, str, str]] = []  # kind, method, path of every fault that happened
        self._share, self._seed, self._calls = 0.0, "", 0

    def answer(self, status: int, code: int = 0, message: str = "", **where: Any) -> Planned:
        """Answer with this error. `where`: method, path, times, headers."""
        return self._plan(Planned(Kind.STATUS, status=status, body={"message": message, "code": code}, **where))

    def answer_after(self, status: int, **where: Any) -> Planned:
        return self._plan(Planned(Kind.STATUS_AFTER, status=status, body={"message": "", "code": 0}, **where))

    def reset_before(self, **where: Any) -> Planned:
        return self._plan(Planned(Kind.RESET_BEFORE, **where))

    def reset_after(self, **where: Any) -> Planned:
        return self._plan(Planned(Kind.RESET_AFTER, **where))

    def hang(self, **where: Any) -> Planned:
        return self._plan(Planned(Kind.HANG, **where))

    def ambiguous(self, share: float, seed: str) -> None:
        """From now on this share of all writing calls ends in doubt; the same seed gives the same doubts."""
        self._share, self._seed = share, seed

    def heal(self) -> None:
        self.planned.clear()
        self._share = 0.0

    def next(self, method: str, template: str, path: str) -> Planned | None:
        found = next((one for one in self.planned if one.fits(method, template, path)), None)
        if found:
            found.times -= 1
        elif self._share and method in WRITES and not template.startswith("/interactions/"):
            self._calls += 1
            dice = draw(f"{self._seed}/{self._calls}")
            if dice.random() < self._share:
                found = Planned(dice.choice(DOUBTS), status=503, body={"message": "upstream", "code": 0})
        if found:
            self.met.append((found.kind, method, path))
        return found

    def _plan(self, planned: Planned) -> Planned:
        self.planned.append(planned)
        return planned
