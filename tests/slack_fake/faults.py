"""What goes wrong between a bot and Slack, when a test asks for it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.kernel.calendar import draw


class Kind(StrEnum):
    ANSWER = "answer"  # an error is answered, nothing happens
    ANSWER_AFTER = "answer after"  # it happens, and an error is answered
    RESET_BEFORE = "reset before"  # the connection breaks before the call is accepted
    RESET_AFTER = "reset after"  # it happens, and the connection breaks before the answer
    HANG = "hang"  # no answer ever


@dataclass
class Planned:
    kind: Kind
    method: str = ""  # of the Web API, or "response_url", "upload"; empty matches all
    times: int = 1
    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


WRITES = ("chat.", "files.", "views.", "pins.", "conversations.open")
DOUBTS = (Kind.RESET_BEFORE, Kind.RESET_AFTER, Kind.ANSWER, Kind.ANSWER_AFTER)


class Faults:
    """The next call of that method meets the fault; each counts down."""

    def __init__(self) -> None:
        self.planned: list[Planned] = []
        self.met: list[tuple[str, str]] = []  # kind and method of every fault that happened
        self._share, self._seed, self._calls = 0.0, "", 0

    def refuse(self, error: str, method: str = "", *, times: int = 1, **more: Any) -> Planned:
        """Answer `ok: false` with this error. `more` stands beside it."""
        return self._plan(Planned(Kind.ANSWER, method, times, body={"ok": False, "error": error, **more}))

    def status(self, status: int, method: str = "", *, times: int = 1, after: bool = False) -> Planned:
        """Answer with this HTTP status; with `after` the call is carried out all the same."""
        kind = Kind.ANSWER_AFTER if after else Kind.ANSWER
        return self._plan(Planned(kind, method, times, status, "upstream trouble"))

    def throttle(self, wait: int, method: str = "", *, times: int = 1) -> Planned:
        body = {"ok": False, "error": "ratelimited"}
        return self._plan(Planned(Kind.ANSWER, method, times, 429, body, {"Retry-After": str(wait)}))

    def reset_before(self, method: str = "", *, times: int = 1) -> Planned:
        return self._plan(Planned(Kind.RESET_BEFORE, method, times))

    def reset_after(self, method: str = "", *, times: int = 1) -> Planned:
        return self._plan(Planned(Kind.RESET_AFTER, method, times))

    def hang(self, method: str = "", *, times: int = 1) -> Planned:
        return self._plan(Planned(Kind.HANG, method, times))

    def ambiguous(self, share: float, seed: str) -> None:
        """From now on this share of all writing calls ends in doubt; the same seed gives the same doubts."""
        self._share, self._seed = share, seed

    def heal(self) -> None:
        self.planned.clear()
        self._share = 0.0

    def next(self, method: str) -> Planned | None:
        found = next((one for one in self.planned if one.times > 0 and one.method in ("", method)), None)
        if found:
            found.times -= 1
        elif self._share and method.startswith(WRITES):
            self._calls += 1
            dice = draw(f"{self._seed}/{self._calls}")
            if dice.random() < self._share:
                found = Planned(dice.choice(DOUBTS), method, status=503, body="upstream trouble")
        if found:
            self.met.append((found.kind, method))
        return found

    def _plan(self, planned: Planned) -> Planned:
        self.planned.append(planned)
        return planned
